"""Draws carried onto an account that begins to count for a holder after it has drawn.

A cap that an amendment sets counts what its holder drew and reserved on the licence before. Such a
draw stands on the new account as one of its own, so that the cap is never passed by what came
before it; units that are given up or come back are taken off it again.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.errors import MoveError
from interlock.book.models import Allocation, Licence
from interlock.book.row_facts import HOLDER_ROLE, HOLDING
from interlock.book.selectors.carried import carried, next_carry
from interlock.book.selectors.decisions import group_of
from interlock.book.services.licence_accounts import accounts_of, headroom, hold
from interlock.files.phrases import phrase
from interlock.law.deciding.legs import keys_of
from interlock.law.terms import Leg
from interlock.ledger import Draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.acting import Act
    from interlock.law.deciding.credits import CreditDue
    from interlock.law.deciding.decision import LegState
    from interlock.law.model import Stage
    from interlock.ledger import Transfer


def carry_over(act: Act, licence: Licence, begun: Iterable[CreditDue]) -> None:
    """Count on accounts that begin now, for one holder each, what that holder has drawn already.

    A part that is set aside out of another account takes nothing of what came before it, and one
    that counts by period or window begins with its own time.

    Raises:
        MoveError: an account would have less than its holder has drawn and reserved already.
    """
    role = HOLDER_ROLE[licence.gate]
    for due in begun:
        keys, terms = keys_of(due.account), due.plan.terms
        ours = keys.get("licence") == licence.pk and role in keys and due.amount is not None
        if ours and not (due.parent or terms.period or terms.window):
            _carry(act, licence, due, keys[role])


def _carry(act: Act, licence: Licence, due: CreditDue, party: str) -> None:
    draws: list[tuple[Allocation, LegState, Fraction]] = []
    drawn = _drawn(act, licence)
    found = Allocation.objects.filter(pk__in=drawn, **{f"order__{HOLDING[licence.gate]}": party})
    for one in found.select_related("order").order_by("pk"):
        leg = _leg(act, licence, one, due.account)
        if leg is not None and leg.factor and not _counts(act, one, due.account):
            draws.append((one, leg, drawn[one.pk]))
    needed = sum((units * (leg.factor or 0) for _, leg, units in draws), Fraction(0))
    room = headroom(act, due.account)
    if needed > room:
        why = phrase(
            "{account} would have {room} for {party}, and it has drawn and reserved {needed} on "
            "the licence already; give it at least that",
            account=due.account,
            room=room,
            party=party,
            needed=needed,
        )
        raise MoveError("licence", licence.pk, "amend", why, act.can(licence))
    for one, leg, units in draws:
        legs = (Leg(leg.account, Fraction(leg.factor or 0), leg.reserve, leg.post),)  # type: ignore[arg-type]
        why_drawn = act.why(f"allocation/{one.pk}", "drawn before this account began")
        draw = Draw(
            next_carry(act.ledger, one), why_drawn, legs, int(units), due.regime,
            one.order.buyer_id,
        )  # fmt: skip
        act.ledger.apply(draw, now=act.now)


def _drawn(act: Act, licence: Licence) -> dict[str, Fraction]:
    """Units reserved and posted on a licence, less what was given up or came back, by allocation.

    Of several accounts of the licence the one that counts most.
    """
    found: dict[str, Fraction] = {}
    names = accounts_of(act, licence)
    hold(act, names)
    for name in names:
        account = act.ledger.account(name)
        assert account is not None  # noqa: S101 - it was just listed
        for group, amount in _net(act.ledger.transfers(account=name)).items():
            pk, units = group.partition("/")[2], amount / account.scale
            found[pk] = max(units, found.get(pk, Fraction(0)))
    return {pk: units for pk, units in found.items() if units > 0}


def _net(transfers: Iterable[Transfer]) -> dict[str, Fraction]:
    """What each group of reservations still takes of an account, in units times its scale."""
    group: dict[str, str] = {}
    factor: dict[str, Fraction] = {}
    net: dict[str, Fraction] = defaultdict(Fraction)
    for row in transfers:
        if row.kind == "breach" or row.side != "debit":
            continue
        amount = -row.amount  # void, expired, come back
        if row.kind == "reserve":
            group[row.id], factor[row.change] = row.change, row.factor or Fraction(1)
            amount = row.amount
        elif row.kind == "post":
            amount = row.amount - row.drawn
        of = group.setdefault(row.id, group.get(row.about, ""))
        if of:
            net[of] += amount / factor[of]
    return net


def _leg(act: Act, licence: Licence, allocation: Allocation, account: str) -> LegState | None:
    """How the law has an allocation draw on an account of the licence that it is reserved on."""
    cases, known = Cases(act.today), act.now.date()
    cases.served_by(licence, allocation.order)
    stage: Stage = "allocation"
    case = law.reader_on(act.today, known).read(cases.order(allocation.order, stage), 1)
    legs = law.decider_on(act.today, known).decide(case, stage=stage, reasons=False).legs
    return next((leg for leg in legs if leg.account == account), None)


def _counts(act: Act, allocation: Allocation, account: str) -> bool:
    """Whether an account counts an allocation already: reserved on it, or carried onto it."""
    rows = act.ledger.reservations(group_of(allocation))
    names = {row.account for row in rows} | {x.account for x in carried(act.ledger, allocation)}
    return account in names
