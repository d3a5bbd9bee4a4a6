"""A run: what was shared, kept so that anyone can play it again and get the same bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.files import InterlockError
from interlock.files.phrases import phrase, phrases
from interlock.sharing.engine import share
from interlock.sharing.problem import Problem, ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.sharing.result import Result

FORMAT = "interlock-sharing-run-1"
_COLUMNS = {
    "orders": (
        *("ask", "weight_num", "weight_den", "tier", "lot", "min"),
        *("value_num", "value_den"),
    ),
    "draws": ("leg_start", "leg_account", "factor_num", "factor_den"),
    "accounts": ("available",),
}


class RunError(InterlockError):
    """A stored run cannot be read; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.says = phrase(
            "the run cannot be read: {reason}; give a file written by this program", reason=reason
        )
        super().__init__(self.says)


class ReplayError(InterlockError):
    """A run played again differs from what was stored; `parts` names where."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.parts = parts
        self.says = phrase(
            "the run played again differs in: {parts}; "
            "the file was changed, or another version of the program wrote it",
            parts=phrases(parts),
        )
        super().__init__(self.says)


class StaleRunError(InterlockError):
    """Headroom has fallen since the run read it (ruling R2).

    Attributes:
        fallen: from account to (headroom then, headroom now).
    """

    def __init__(self, fallen: dict[str, tuple[int, int]]) -> None:
        self.fallen = fallen
        text = ", ".join(f"{name} from {then} to {now}" for name, (then, now) in fallen.items())
        super().__init__(f"headroom has fallen since the run: {text}; share again")


@dataclass(frozen=True, eq=False)
class Run:
    """One act of sharing: inputs, rule, seed, result and reasons."""

    result: Result

    @classmethod
    def of(cls, problem: Problem, rule: str, *, whole: bool = False, seed: int = 0) -> Run:
        """Share and keep the run; arguments and errors are those of `share`."""
        return cls(share(problem, rule, whole=whole, seed=seed))

    def to_json(self) -> str:
        """The whole run as one line of JSON: equal runs give equal bytes."""
        return json.dumps(self._document(), sort_keys=True, ensure_ascii=False, allow_nan=False)

    def _document(self) -> dict[str, Any]:
        result, problem = self.result, self.result.problem
        inputs: dict[str, Any] = {
            part: {name: getattr(problem, name).tolist() for name in names}
            for part, names in _COLUMNS.items()
        }
        inputs["orders"]["order"] = list(problem.orders)
        inputs["accounts"]["account"] = list(problem.accounts)
        inputs["ledger_version"] = problem.ledger_version
        return {
            "format": FORMAT,
            "digest": problem.digest,
            "inputs": inputs,
            "rule": result.rule,
            "seed": result.seed,
            "whole": result.whole,
            "result": {
                "awarded": result.awarded.tolist(),
                "dual_gap": result.dual_gap,
                "objective": result.objective,
                "shadow_price": _list(result.shadow_price),
                "used": result.used.tolist(),
            },
            "reasons": {
                "bound": result.bound.tolist(),
                "dropped": np.flatnonzero(result.dropped).tolist(),
                "level_lo": _list(result.level_lo),
                "level_hi": _list(result.level_hi),
                "notes": list(result.notes),
            },
        }

    def require_fresh(self, headroom: Mapping[str, int]) -> None:
        """Refuse a run whose accounts have less now than it read (ruling R2).

        Args:
            headroom: by account name, now; an account that is missing has nothing left.

        Raises:
            StaleRunError: naming each account that has fallen.
        """
        problem = self.result.problem
        then = zip(problem.accounts, problem.available.tolist(), strict=True)
        fallen = {name: (was, headroom.get(name, 0)) for name, was in then}
        fallen = {name: (was, now) for name, (was, now) in fallen.items() if now < was}
        if fallen:
            raise StaleRunError(fallen)


def _list(array: Any) -> list[float | None] | None:
    """Numbers, with null for what is infinite or undefined."""
    if array is None:
        return None
    return [x if np.isfinite(x) else None for x in array.tolist()]


def replay(text: str) -> Run:
    """Play a stored run again and compare every byte.

    Args:
        text: what `Run.to_json` gave.

    Raises:
        RunError: the text is no run.
        ReplayError: the new run is not the same; it names the parts that differ.
    """
    try:
        stored = json.loads(text)
        run = Run.of(
            _problem(stored["inputs"]),
            stored["rule"],
            whole=stored["whole"],
            seed=stored["seed"],
        )
    except (KeyError, TypeError, ValueError, OverflowError, ProblemError) as error:
        raise RunError(f"{type(error).__name__}: {error}") from error
    again = run.to_json()
    if again != text.removesuffix("\n"):
        fresh = json.loads(again)
        keys = sorted(set(fresh) | set(stored))
        parts = tuple(key for key in keys if fresh.get(key) != stored.get(key))
        raise ReplayError(parts or ("the way it is written",))
    return run


def _problem(inputs: dict[str, Any]) -> Problem:
    columns = {
        name: np.array(inputs[part][name], np.int64)
        for part, names in _COLUMNS.items()
        for name in names
    }
    return Problem(
        orders=tuple(inputs["orders"]["order"]),
        accounts=tuple(inputs["accounts"]["account"]),
        ledger_version=inputs["ledger_version"],
        **columns,
    )
