"""What is to be shared: order lines, the accounts they draw, and how much each account has left.

Everything is exact: integers and rationals. Fractions become floating point numbers only inside
the kernel; whole-unit results are counted with the integers kept here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from interlock.files import InterlockError
from interlock.files.phrases import Phrase, phrase, phrases, verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAX_QUANTITY = 10**15
MAX_PART = 10**12
"""A factor or weight is p/q with p and q no greater than this."""
MAX_SCALED = 2**62
"""An account's availability in its finest unit must fit an integer of 64 bits with room."""

Exact = int | str | Fraction


class ProblemError(InterlockError):
    """The parts of a sharing problem do not fit together; `faults` lists every reason.

    `reasons` has each as what is wrong and its mend.
    """

    def __init__(self, reasons: Sequence[tuple[Phrase, Phrase]]) -> None:
        self.reasons = tuple(reasons)
        self.faults = tuple(phrases(one, "; ") for one in reasons)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class Line:
    """One order line.

    Attributes:
        order: its name, unique in the problem.
        ask: units asked for, 0 to 10^15.
        weight: the line's weight under the rule `weighted`, above 0.
        tier: lower tiers are served first.
        lot: in whole units, the award is a multiple of it, so at most the whole lots in `ask`.
        min: in whole units, the award is nothing or at least this.
        value: what one unit is worth under the rule `optimum`, above 0.
    """

    order: str
    ask: int
    weight: Exact = 1
    tier: int = 1
    lot: int = 1
    min: int = 0
    value: Exact = 1


@dataclass(frozen=True, eq=False)
class Problem:
    """Order lines i = 0..n-1, accounts a = 0..m-1, and the factors with which lines draw accounts.

    A feasible award x has 0 <= x[i] <= ask[i] and, for every account, the sum of factor * x over
    the legs on it at most `available`. A line without legs is bounded by its ask alone.

    Attributes:
        orders, accounts: names, unique.
        ask, tier, lot, min: int64[n], in units of the line.
        weight_num, weight_den, value_num, value_den: int64[n], exact rationals.
        leg_start: int64[n + 1]; line i has the legs leg_start[i] .. leg_start[i + 1] - 1.
        leg_account, factor_num, factor_den: int64[nnz]; account units drawn per unit of the line.
        available: int64[m], the accounts' headroom (ruling R2), in account units, not negative.

    Use `make_problem` or a reader to build one: both check what this class assumes.
    """

    orders: tuple[str, ...]
    accounts: tuple[str, ...]
    ask: Ints
    weight_num: Ints
    weight_den: Ints
    tier: Ints
    lot: Ints
    min: Ints
    value_num: Ints
    value_den: Ints
    leg_start: Ints
    leg_account: Ints
    factor_num: Ints
    factor_den: Ints
    available: Ints
    ledger_version: str = field(default="")

    def __post_init__(self) -> None:
        faults = _shape_faults(self) or _value_faults(self)
        if faults:
            raise ProblemError(faults)

    @property
    def n(self) -> int:
        """Number of order lines."""
        return len(self.orders)

    @property
    def m(self) -> int:
        """Number of accounts."""
        return len(self.accounts)

    @cached_property
    def weight(self) -> Floats:
        """Weights as floating point numbers, float64[n]."""
        return self.weight_num / self.weight_den

    @cached_property
    def value(self) -> Floats:
        """Values as floating point numbers, float64[n]."""
        return self.value_num / self.value_den

    @cached_property
    def factor(self) -> Floats:
        """Factors as floating point numbers, float64[nnz]."""
        if self.factor_den.size and self.factor_den.max() == 1:
            return self.factor_num.astype(np.float64)
        return self.factor_num / self.factor_den

    @cached_property
    def leg_line(self) -> Ints:
        """The line of each leg, int64[nnz]."""
        return np.repeat(np.arange(self.n), np.diff(self.leg_start))

    @cached_property
    def scale(self) -> Ints:
        """Per account the least number that makes every factor on it whole, int64[m]."""
        return _scales(self)

    @cached_property
    def scaled_factor(self) -> Ints:
        """Factors in the finest unit of their account: exact integers, int64[nnz]."""
        if self.factor_den.size and self.factor_den.max() == 1:
            return self.factor_num
        return self.factor_num * (self.scale[self.leg_account] // self.factor_den)

    @cached_property
    def scaled_available(self) -> Ints:
        """Availability in the finest unit of each account: exact integers, int64[m]."""
        return self.available * self.scale

    @cached_property
    def line_index(self) -> dict[str, int]:
        """From an order's name to its line."""
        return {name: i for i, name in enumerate(self.orders)}

    def legs(self, line: int) -> list[tuple[int, Fraction]]:
        """The (account, factor) pairs of one line, exact."""
        span = range(int(self.leg_start[line]), int(self.leg_start[line + 1]))
        return [
            (int(self.leg_account[k]), Fraction(int(self.factor_num[k]), int(self.factor_den[k])))
            for k in span
        ]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every input, in hexadecimal: two equal digests mean the same problem."""
        state = hashlib.sha256(b"interlock sharing problem 1\n")
        for names in (self.orders, self.accounts):
            for name in names:
                data = name.encode()
                state.update(len(data).to_bytes(4, "little") + data)
            state.update(b"\n")
        for array in self._arrays():
            state.update(np.ascontiguousarray(array, dtype="<i8").tobytes())
            state.update(b"\n")
        state.update(self.ledger_version.encode())
        return state.hexdigest()

    def _arrays(self) -> tuple[Ints, ...]:
        return (
            *(self.ask, self.weight_num, self.weight_den, self.tier, self.lot, self.min),
            *(self.value_num, self.value_den, self.leg_start, self.leg_account),
            *(self.factor_num, self.factor_den, self.available),
        )


def _scales(problem: Problem) -> Ints:
    scale = np.ones(problem.m, np.int64)
    broken = np.flatnonzero(problem.factor_den > 1)
    if broken.size:
        pairs = np.stack([problem.leg_account[broken], problem.factor_den[broken]], axis=1)
        for account, den in np.unique(pairs, axis=0).tolist():
            # Kept below 2^62: `_value_faults` then refuses what does not fit.
            scale[account] = min(lcm(int(scale[account]), den), MAX_SCALED)
    return scale


def _shape_faults(p: Problem) -> list[tuple[Phrase, Phrase]]:
    n, nnz = len(p.orders), len(p.leg_account)
    faults = [
        (
            verbatim(f"{name} has {len(array)} entries"),
            verbatim(f"give one for each of {size}"),
        )
        for name, array, size in (
            *(
                (name, getattr(p, name), n)
                for name in ("ask", "weight_num", "weight_den", "tier", "lot", "min")
            ),
            ("value_num", p.value_num, n),
            ("value_den", p.value_den, n),
            ("leg_start", p.leg_start, n + 1),
            ("factor_num", p.factor_num, nnz),
            ("factor_den", p.factor_den, nnz),
            ("available", p.available, len(p.accounts)),
        )
        if len(array) != size
    ]
    faults += [
        (verbatim(f"{name} holds {array.dtype}"), _EXACT)
        for name, array in zip(_ARRAY_NAMES, p._arrays(), strict=True)
        if array.dtype != np.int64
    ]
    if faults:
        return faults
    if p.leg_start[0] != 0 or p.leg_start[-1] != nnz or (np.diff(p.leg_start) < 0).any():
        wrong = verbatim("leg_start does not cut the legs into lines")
        faults.append((wrong, verbatim("start at 0, rise, end at nnz")))
    if nnz and (p.leg_account.min() < 0 or p.leg_account.max() >= len(p.accounts)):
        wrong = verbatim("leg_account names an account that is not there")
        faults.append((wrong, verbatim("use 0 to m - 1")))
    return faults


_EXACT = verbatim("give int64: everything here is exact")
_ARRAY_NAMES = (
    *("ask", "weight_num", "weight_den", "tier", "lot", "min", "value_num", "value_den"),
    *("leg_start", "leg_account", "factor_num", "factor_den", "available"),
)


def _value_faults(p: Problem) -> list[tuple[Phrase, Phrase]]:
    faults: list[tuple[Phrase, Phrase]] = []

    def note(bad: Bools, names: tuple[str, ...] | None, wrong: Phrase, mend: Phrase) -> None:
        for k in np.flatnonzero(bad)[:20].tolist():
            name = names[k] if names is not None else p.orders[int(p.leg_line[k])]
            faults.append((phrase("'{name}': {wrong}", name=name, wrong=wrong), mend))

    for names, wrong in (
        (p.orders, phrase("the order stands twice")),
        (p.accounts, phrase("the account stands twice")),
    ):
        if len(set(names)) != len(names):
            twice = [name for name, count in Counter(names).items() if count > 1]
            faults += [
                (phrase("'{name}': {wrong}", name=name, wrong=wrong), phrase("keep one"))
                for name in twice[:20]
            ]
    part = phrase("give a number above 0 whose parts are at most {most}", most=MAX_PART)
    top = phrase("give 0 to {most}", most=MAX_QUANTITY)
    off = phrase("ask is out of range")
    note((p.ask < 0) | (p.ask > MAX_QUANTITY), p.orders, off, top)
    off = phrase("available is off")
    note((p.available < 0) | (p.available > MAX_QUANTITY), p.accounts, off, top)
    for name in ("weight", "value"):
        num, den = getattr(p, f"{name}_num"), getattr(p, f"{name}_den")
        note((num <= 0) | (den <= 0) | (num > MAX_PART) | (den > MAX_PART), p.orders,
             phrase("{word} is out of range", word=name), part)  # fmt: skip
    bad = (p.factor_num <= 0) | (p.factor_den <= 0)
    bad |= (p.factor_num > MAX_PART) | (p.factor_den > MAX_PART)
    note(bad, None, phrase("{word} is out of range", word="factor"), part)
    units = phrase("give a whole number of units")
    note(p.lot <= 0, p.orders, phrase("lot is not above 0"), units)
    lots = p.ask - p.ask % np.maximum(p.lot, 1)
    note((p.min < 0) | (p.min > lots), p.orders,
         phrase("min is not between 0 and the whole lots of the ask"),
         phrase("lower it"))  # fmt: skip
    if faults:
        return faults
    if len(p.leg_account) > 1 and _has_twice(p):
        wrong = phrase("a line draws the same account twice")
        faults.append((wrong, phrase("add the two factors")))
    per = p.scale.astype(np.float64)
    rounder = phrase("use rounder factors")
    note(per * np.maximum(p.available, 1) >= MAX_SCALED, p.accounts,
         phrase("the factors need a unit too fine for 64 bits"), rounder)  # fmt: skip
    finest = p.factor * per[p.leg_account] * p.ask[p.leg_line]
    note(finest >= MAX_SCALED, None, phrase("factor times ask passes 64 bits"), rounder)
    return faults


def _has_twice(p: Problem) -> bool:
    key = p.leg_line * p.m + p.leg_account
    if bool((np.diff(key) > 0).all()):
        return False
    key = np.sort(key)
    return bool((key[1:] == key[:-1]).any())


def make_problem(
    lines: Iterable[Line],
    draws: Iterable[tuple[str, str, Exact]],
    accounts: Mapping[str, int],
    *,
    ledger_version: str = "",
) -> Problem:
    """Build a problem from plain objects.

    Args:
        lines: the order lines.
        draws: (order, account, factor): account units drawn per unit of the line; a factor is an
            integer, a `Fraction`, or text such as "2.5" or "5/2"; 0 makes no leg.
        accounts: headroom by account name.
        ledger_version: the version of the ledger that the headroom was read from (ruling R2).

    Raises:
        ProblemError: with every reason why the parts do not fit.
    """
    listed = list(lines)
    faults: list[tuple[Phrase, Phrase]] = []
    drop = phrase("add or drop it")
    index = {line.order: i for i, line in enumerate(listed)}
    slot = {name: a for a, name in enumerate(accounts)}
    legs: list[list[tuple[int, Fraction]]] = [[] for _ in listed]
    for order, account, factor in draws:
        if order not in index:
            wrong = phrase("a draw names the order '{order}', which is not there", order=order)
            faults.append((wrong, drop))
        elif account not in slot:
            wrong = phrase("'{order}' draws '{account}', which is not there",
                           order=order, account=account)  # fmt: skip
            faults.append((wrong, drop))
        else:
            exact = Fraction(factor)
            if exact:  # factor 0 makes no leg (R4)
                legs[index[order]].append((slot[account], exact))
    if faults:
        raise ProblemError(faults)
    flat = [leg for row in legs for leg in sorted(row)]
    columns: dict[str, Any] = {
        name: np.array([getattr(line, name) for line in listed], np.int64)
        for name in ("ask", "tier", "lot", "min")
    }
    for name in ("weight", "value"):
        parts = [Fraction(getattr(line, name)) for line in listed]
        columns[f"{name}_num"] = np.array([part.numerator for part in parts], np.int64)
        columns[f"{name}_den"] = np.array([part.denominator for part in parts], np.int64)
    return Problem(
        orders=tuple(line.order for line in listed),
        accounts=tuple(accounts),
        leg_start=np.cumsum([0, *(len(row) for row in legs)], dtype=np.int64),
        leg_account=np.array([account for account, _ in flat], np.int64),
        factor_num=np.array([factor.numerator for _, factor in flat], np.int64),
        factor_den=np.array([factor.denominator for _, factor in flat], np.int64),
        available=np.array(list(accounts.values()), np.int64),
        ledger_version=ledger_version,
        **columns,
    )
