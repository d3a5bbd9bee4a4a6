"""Regime files loaded for use: read, checked, with the claims they rest on.

The door for the CLI, the demo and other packages: `load_regimes(paths)`, then `library.law(at)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.evidence import load_claims
from interlock.files import BadInputError, Faults, InterlockError, nearest
from interlock.law.chinese import Told
from interlock.law.compiling.checker import check_regime
from interlock.law.compiling.compile import compile_law
from interlock.law.reading.regime import collect_regimes, regime_files

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.evidence import Claims
    from interlock.law.compiling.checked import CheckedRegime
    from interlock.law.compiling.compile import Law


class UnknownAssumptionError(InterlockError):
    """A what-if assumes something that no file proposes.

    Attributes:
        name: as given.
        mend: the nearest of the names that there are.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.mend = nearest(name, known)
        super().__init__(f"nothing is called '{name}'; {self.mend}")


@dataclass(frozen=True)
class Library:
    """Regimes in all their versions, and the claims that they rest on, by regime id."""

    checked: tuple[CheckedRegime, ...]
    claims: dict[str, Claims]

    def law(
        self,
        at: dt.date | dt.datetime,
        known: dt.date | dt.datetime | None = None,
        assumed: frozenset[str] = frozenset(),
    ) -> Law:
        """What binds on a day, as known on a day (default: the same)."""
        return compile_law(self.checked, at, known, assumed)

    @cached_property
    def chinese(self) -> Told:
        """What its regimes say in Chinese, by their English."""
        return Told(one.regime for one in self.checked)

    def check_assumed(self, names: Iterable[str]) -> None:
        """Refuse to assume what there is not.

        Raises:
            UnknownAssumptionError: the first name that no version or item bears.
        """
        known: set[str] = set()
        for one in self.checked:
            regime = one.regime
            for items in (regime.versions, regime.rules, regime.conditions, regime.accounts):
                known |= items.keys()
        for name in names:
            if name not in known:
                raise UnknownAssumptionError(name, known)

    def only(self, ids: Iterable[str]) -> Library:
        """The library with only the regimes of those ids."""
        wanted = set(ids)
        kept = tuple(one for one in self.checked if one.regime.id in wanted)
        return Library(kept, self.claims)


def load_regimes(paths: str | Path | Iterable[str | Path]) -> Library:
    """Read and check regime files.

    Args:
        paths: directories (their `*.yaml` without test and claims files) or files.

    Raises:
        BadInputError: every fault of form and of meaning in all of them.
    """
    faults = Faults()
    regimes = collect_regimes(regime_files(paths, faults), faults)
    checked = tuple(check_regime(regime, faults) for regime in regimes)
    claims: dict[str, Claims] = {}
    files: dict[str, Claims] = {}
    for regime in regimes:
        if not regime.claims_file:
            continue
        path = str(Path(regime.claims_file).resolve())
        try:
            if path not in files:
                files[path] = load_claims(regime.claims_file)
        except BadInputError as error:
            faults.found.extend(error.faults)
            continue
        claims[regime.id] = files[path]
    faults.raise_if_any()
    return Library(checked, claims)
