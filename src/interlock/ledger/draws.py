"""Drawing on accounts: reserve, post, draw, with the one test of a permission (R3).

A group is tried on every account before anything is written, so a refusal names each account that
lacks, and the group stands or falls together.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from interlock.files.phrases import phrase
from interlock.ledger import amounts
from interlock.ledger.effects import advance, breach, come_back, put, release
from interlock.ledger.errors import InvalidChangeError, Lack, RefusedError
from interlock.ledger.legs import find_account, not_whole, ways
from interlock.ledger.model import Counters, Drawn, Reservation, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interlock.ledger import changes
    from interlock.ledger.model import Account
    from interlock.ledger.tables import Draft


def standing(draft: Draft, account: Account, holder: str, lacks: list[Lack], needed: int) -> None:
    """Note what shuts an account for a holder's permissions, whatever its headroom (R3, R4)."""
    name, terms = account.id, account.terms
    for discrepancy in draft.tables.open_discrepancies.get(name, ()):
        shut_for = draft.tables.discrepancies[discrepancy].holder
        if not shut_for or not holder or shut_for == holder:
            lacks.append(Lack(name, "shut", 0, needed))
            break
    if terms.may_owe is not None:
        aged = draft.aged_debits(name, draft.recorded - terms.may_owe.within)
        late = amounts.overdue(aged, draft.counters_of(name).credits_posted)
        if late:
            lacks.append(Lack(name, "overdue", 0, late))


def reserve(draft: Draft, change: changes.Reserve) -> None:
    """Reserve an order line on every account on its way, or on none."""
    why, recorded = change.why, draft.recorded
    if change.expires is not None and change.expires <= recorded:
        wrong = phrase("it would have expired already; give a later 'expires'")
        raise InvalidChangeError(change.id, [wrong])
    group = ways(draft, change.legs, change.quantity, why.effective)
    tables, quantity = draft.tables, change.quantity
    lacks: list[Lack] = []
    tried: list[tuple[int, int, int, int, int, int, int]] = []
    for account, _factor, amount, _post in group:
        name = account.id
        if name in tables.lapsing_reservations or name in tables.lapsing_draws:
            advance(draft, name)
        if account.terms.may_owe is not None or tables.open_discrepancies.get(name):
            standing(draft, account, change.holder, lacks, amount)
        now = draft.counters_of(name)
        after = amounts.reserved(now, amount)
        if after is None:
            lacks.append(Lack(name, "headroom", now.headroom, amount))
        else:
            tried.append(after)
    if lacks:
        raise RefusedError(change.id, lacks)
    seq = draft.next_seq()
    draft.numbered = len(group)
    for number, ((account, factor, amount, post), after) in enumerate(
        zip(group, tried, strict=True)
    ):
        name, transfer = account.id, f"{change.id}#{number}"
        draft.counters[name] = Counters(*after, seq)
        draft.transfers.append(
            Transfer(
                seq, transfer, change.id, name, "reserve", "debit", amount, 0, 0, quantity,
                factor, "", change.expires, change.regime, change.holder, why.effective, recorded,
            )
        )  # fmt: skip
        draft.reservations[transfer] = Reservation(
            transfer, change.id, name, "debit", amount, amount, factor, post, change.expires,
            change.provisional, change.holder, change.regime, why.effective,
        )  # fmt: skip
        seq += 1


class Posting(NamedTuple):
    """One account's part of a post: where it goes, how much of it was reserved, and on what.

    `moved_period` is the reserved account where the post falls in another period (R9).
    """

    account: Account
    factor: Fraction
    quantity: Fraction
    amount: int
    drawn: int
    reservation: Reservation | None
    moved_period: bool


def draw(draft: Draft, change: changes.Draw) -> None:
    """Post a draw that was not reserved, on every account on its way."""
    quantity = Fraction(change.quantity)
    postings = [
        Posting(way.account, way.factor, quantity, way.amount, 0, None, moved_period=False)
        for way in ways(draft, change.legs, change.quantity, change.why.effective)
    ]
    for posting in postings:
        advance(draft, posting.account.id)
    closers = [posting.account for posting in postings]
    _post_all(draft, change, postings, holder=change.holder, regime=change.regime, closers=closers)


def post(draft: Draft, change: changes.Post) -> None:
    """Post reservations of a group, whole or in part, past them by tolerance only (R10)."""
    group = draft.reservations_of(change.reserve)
    rows = [row for row in group if change.stage in (None, row.post)]
    if not rows:
        wrong = phrase(
            "'{reserve}' reserved nothing that posts here; name a reserve and its stage",
            reserve=change.reserve,
        )
        raise InvalidChangeError(change.id, [wrong])
    for row in rows:
        advance(draft, row.account)
    rows = [draft.reservation(row.id) for row in rows]
    if change.quantity is None:
        rows = [row for row in rows if row.remaining]
        if not rows:
            wrong = phrase(
                "nothing is left of '{reserve}'; it was posted, void or has expired",
                reserve=change.reserve,
            )
            raise InvalidChangeError(change.id, [wrong])
    postings = _postings(draft, change, rows)
    if rows[0].side == "credit":
        _post_credit(draft, change, postings)
        return
    closers = [account for row in group if (account := draft.account(row.account))]
    _post_all(
        draft, change, postings, holder=rows[0].holder, regime=rows[0].regime, closers=closers
    )


def _postings(draft: Draft, change: changes.Post, rows: Sequence[Reservation]) -> list[Posting]:
    effective, wrongs, postings = change.why.effective, [], []
    for row in rows:
        account = draft.account(row.account)
        if account is None:
            msg = f"account of reservation {row.id} is gone"
            raise AssertionError(msg)
        if effective < row.effective:
            wrongs.append(
                phrase(
                    "it takes effect before '{reservation}' was reserved; void that, then draw",
                    reservation=row.id,
                )
            )
        if change.quantity is None:
            amount: int | None = row.remaining
            quantity = Fraction(row.remaining, account.scale) / row.factor
        else:
            quantity = Fraction(change.quantity)
            amount = amounts.whole(quantity, row.factor, account.scale)
        target = find_account(draft, account.base or account.id, effective)
        if amount is None or target is None:
            wrongs.append(not_whole(account, quantity, row.factor))
            continue
        drawn = min(amount, row.remaining)
        elsewhere = target.id != account.id
        if elsewhere:
            advance(draft, target.id)
        postings.append(Posting(target, row.factor, quantity, amount, drawn, row, elsewhere))
    if wrongs:
        raise InvalidChangeError(change.id, wrongs)
    return postings


def _post_credit(draft: Draft, change: changes.Post, postings: list[Posting]) -> None:
    """A foreseen credit came true, up to what was foreseen."""
    for posting in postings:
        row, amount = posting.reservation, posting.amount
        if row is None or amount > row.remaining:
            left = row.remaining if row else 0
            wrong = phrase(
                "only {left} is foreseen, {amount} came; grant the rest by itself",
                left=left,
                amount=amount,
            )
            raise InvalidChangeError(change.id, [wrong])
        put(
            draft, posting.account.id, "post", "credit", amount, effective=change.why.effective,
            drawn=amount, quantity=posting.quantity, factor=posting.factor, about=row.id,
            regime=row.regime, credits_pending=-amount, credits_posted=amount,
        )  # fmt: skip
        draft.reservations[row.id] = row._replace(remaining=row.remaining - amount)


def _post_all(
    draft: Draft,
    change: changes.Post | changes.Draw,
    postings: list[Posting],
    *,
    holder: str,
    regime: str,
    closers: Iterable[Account],
) -> None:
    """Try a post on all its accounts, then write it; a fact is written whatever it finds."""
    closers = list(closers)
    allowed = [_allowance(draft, posting.account, closers) for posting in postings]
    if not change.fact:
        lacks: list[Lack] = []
        may_exceed = any(posting.account.terms.tolerance for posting in postings)
        for posting, allowance in zip(postings, allowed, strict=True):
            _try_post(draft, posting, holder, allowance, lacks, may_exceed=may_exceed)
        if lacks:
            raise RefusedError(change.id, lacks)
    for posting, allowance in zip(postings, allowed, strict=True):
        _write_post(draft, change, posting, holder=holder, regime=regime, allowance=allowance)


def _try_post(
    draft: Draft,
    posting: Posting,
    holder: str,
    allowance: int,
    lacks: list[Lack],
    *,
    may_exceed: bool,
) -> None:
    account, row = posting.account, posting.reservation
    standing(draft, account, holder, lacks, posting.amount)
    extra = posting.amount if posting.moved_period else posting.amount - posting.drawn
    now = draft.counters_of(account.id)
    if row is not None:
        if row.provisional:
            lacks.append(Lack(account.id, "provisional", 0, posting.amount))
        over = posting.amount - row.remaining
        outside = over > allowance if account.terms.tolerance else not may_exceed
        if over > 0 and (row.remaining == 0 or outside):
            lacks.append(Lack(account.id, "reservation", row.remaining, posting.amount))
            return
    if extra and now.available - extra < now.base_floor - allowance:
        gives = max(0, now.available - now.base_floor + allowance)
        lacks.append(Lack(account.id, "headroom", gives, extra))


def _allowance(draft: Draft, account: Account, closers: Iterable[Account]) -> int:
    tolerance = account.terms.tolerance
    if tolerance is None:
        return 0
    now = draft.counters_of(account.id)
    name = tolerance.closes_when_posted
    if not name:
        return amounts.allowance(account, now, now)
    for other in closers:
        if name in (other.terms.name, other.terms.name.rpartition("/")[2]):
            return amounts.allowance(account, now, draft.counters_of(other.id))
    return 0


def _write_post(
    draft: Draft,
    change: changes.Post | changes.Draw,
    posting: Posting,
    *,
    holder: str,
    regime: str,
    allowance: int,
) -> None:
    account, row, amount, drawn = (
        posting.account, posting.reservation, posting.amount, posting.drawn,
    )  # fmt: skip
    effective = change.why.effective
    if row is not None and drawn:
        if posting.moved_period:
            release(draft, row, "void", drawn, effective)
        else:
            draft.reservations[row.id] = row._replace(remaining=row.remaining - drawn)
    from_pending = 0 if posting.moved_period else drawn
    window = account.terms.window
    comes_back = effective + window if window else None
    before = draft.counters_of(account.id)
    transfer = put(
        draft, account.id, "post", "debit", amount, effective=effective, drawn=from_pending,
        quantity=posting.quantity, factor=posting.factor, about=row.id if row else "",
        due=comes_back, regime=regime, holder=holder, allowance=allowance,
        debits_pending=-from_pending, debits_posted=amount,
    )  # fmt: skip
    draft.draws[transfer] = drawn_row = Drawn(
        transfer, change.id, account.id, posting.quantity, posting.factor, amount,
        Fraction(0), 0, effective, comes_back,
    )  # fmt: skip
    breach(draft, account, before, holder=holder, effective=effective, about=transfer)
    if comes_back is not None and comes_back <= draft.recorded:
        come_back(draft, drawn_row)
