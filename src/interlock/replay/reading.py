"""Facts of the past read by a law that may not know all of their names."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from interlock.files import BadInputError, Place
from interlock.law.cases.reader import Case, CaseReader

if TYPE_CHECKING:
    from interlock.law.compiling.compile import Law

Facts = dict[str, Any]
TRIES = 20


class Reading:
    """Reads nested facts by the vocabulary of a law; what that law has no name for is left out.

    Attributes:
        left_out: the names that were left out, as paths.
    """

    def __init__(self) -> None:
        self.left_out: set[str] = set()
        self._readers: dict[int, CaseReader] = {}

    def case(self, facts: Facts, law: Law) -> Case:
        """One case.

        Raises:
            BadInputError: it cannot be read however much is left out.
        """
        key = id(law.checked)
        if key not in self._readers:
            self._readers[key] = CaseReader(law.checked, law.vocabulary)
        reader, given = self._readers[key], facts
        for attempt in range(TRIES):
            paths: list[tuple[str | int, ...]] = []

            def locate(path: Any, paths: list[tuple[str | int, ...]] = paths) -> Place:
                paths.append(tuple(path))
                return Place("case", 1)

            try:
                return reader.read(given, 1, locate)
            except BadInputError:
                if attempt == TRIES - 1 or not paths:
                    raise
                given = deepcopy(given) if given is facts else given
                for path in sorted(set(paths), key=_last_first):
                    self._leave_out(given, path)
        raise AssertionError

    def _leave_out(self, given: Any, path: tuple[str | int, ...]) -> None:
        """Take away what a path names: a name, a condition's parameter, or an item of a list."""
        at = len(path) - 1
        if "parameters" not in path:
            at = next((n for n, part in enumerate(path) if isinstance(part, int)), at)
        for part in path[:at]:
            try:
                given = given[part]
            except (KeyError, TypeError):
                return  # it went with what held it
        part = path[at]
        if isinstance(given, dict):
            given.pop(part, None)
        elif isinstance(given, list) and isinstance(part, int) and part < len(given):
            given.pop(part)
        self.left_out.add(".".join(str(x) for x in path if not isinstance(x, int)))


def _last_first(path: tuple[str | int, ...]) -> list[tuple[int, str]]:
    """Items of a list from its end, so that those before keep their places."""
    return [(-part, "") if isinstance(part, int) else (0, part) for part in path]
