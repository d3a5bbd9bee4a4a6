"""The accounts of a licence: filled when it is issued, moved by amendments, shut when it stops.

No rule stands here. Which accounts a licence fills, for all its holders or for each of them, and by
how much, is asked of the compiled law with the facts of the licence as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from django.db.models import QuerySet

from interlock.book import law
from interlock.book.acting import Act
from interlock.book.happenings import licence_issued_to
from interlock.book.models import Allocation, Licence
from interlock.book.selectors.decisions import group_of
from interlock.book.services.accounts import move_credit
from interlock.book.services.allocations import LIVE, end
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.law.deciding.credits import CreditDue, credits_of
from interlock.law.deciding.legs import keys_of
from interlock.ledger import Adjust, OpenDiscrepancy, SettleDiscrepancy, Void

ISSUED = "licence.issued"
Dues = dict[str, CreditDue]


def dues_of(act: Act, licence: Licence) -> Dues:
    """What a licence as it stands fills by the law of the day, by account.

    First what all holders draw on together, then what each holder has by itself.
    """
    found: Dues = {}
    reader = law.reader_on(act.today, act.now.date())
    for happening in licence_issued_to(licence, act.today):
        case = reader.read(happening.facts, 1)
        for due in credits_of(act.law(), ISSUED, case):
            found.setdefault(due.account, due)
    return found


def fill(act: Act, licence: Licence) -> None:
    """Post what a licence fills now that it is issued; what is not disclosed opens nothing (R5)."""
    for due in dues_of(act, licence).values():
        if due.amount is not None:
            move_credit(act, due, due.amount, ISSUED, cause=f"licence/{licence.pk}")


def differences(
    act: Act, licence: Licence, before: Dues, after: Dues
) -> list[tuple[CreditDue, Fraction]]:
    """By how much an amendment moves each account; negative takes back.

    An account that the licence fills no more, as that of a holder who left, gives back what nobody
    has drawn or reserved. One that it fills again, as that of a holder who came back, has kept
    what was drawn and reserved, and is filled up to its amount.
    """
    found = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if new is None:
            assert old is not None  # noqa: S101 - it is in one of the two
            left = min(old.amount or Fraction(0), headroom(act, name))
            found.append((old, -left))
        elif new.amount is not None:
            found.append((new, new.amount - _had(act, licence, name, old)))
    return [(due, amount) for due, amount in found if amount]


def _had(act: Act, licence: Licence, account: str, old: CreditDue | None) -> Fraction:
    """What an account has of a licence before an amendment."""
    opened = act.ledger.account(account)
    if opened is None:
        return Fraction(0)
    if old is not None:
        return old.amount or Fraction(0)
    if keys_of(account).get("licence") != licence.pk:
        return Fraction(0)  # what stands on it comes from others
    return Fraction(act.ledger.counters(account, now=act.now).credits_posted, opened.scale)


def headroom(act: Act, account: str) -> Fraction:
    """What nobody has drawn or reserved on an account, in its units; 0 if it is not open."""
    found = act.ledger.account(account)
    if found is None:
        return Fraction(0)
    return Fraction(act.ledger.headroom([account], now=act.now)[account], found.scale)


def below_drawn(act: Act, moves: list[tuple[CreditDue, Fraction]]) -> Phrase | None:
    """Why an amendment would go below what is drawn and reserved, or nothing.

    The accounts are held from here on, so that nobody draws between the look and the change.
    """
    taken = [
        (due, amount) for due, amount in moves if amount < 0 and act.ledger.account(due.account)
    ]
    hold(act, [due.account for due, _ in taken])
    wrongs = []
    for due, amount in taken:
        free = headroom(act, due.account)
        if free < -amount:
            wrongs.append(
                phrase(
                    "{account} gives back at most {free}, not {amount}",
                    account=due.account,
                    free=free,
                    amount=-amount,
                )
            )
    return phrases(wrongs, "; ") if wrongs else None


def hold(act: Act, accounts: Iterable[str]) -> None:
    """Hold accounts until the act ends, so that nobody draws on them meanwhile."""
    why = act.why("", "look before an amendment")
    looks = [Adjust(f"{act.id}/look{n}", why, one, -1) for n, one in enumerate(accounts)]
    act.ledger.lock(looks, now=act.now)


def move(act: Act, licence: Licence, moves: list[tuple[CreditDue, Fraction]], event: str) -> None:
    """Post what an amendment moves."""
    for due, amount in moves:
        move_credit(act, due, amount, event, cause=f"licence/{licence.pk}")


# -- stopping -----------------------------------------------------------------------------------


def accounts_of(act: Act, licence: Licence) -> list[str]:
    """The accounts of the book whose key names a licence.

    They are asked by the names that the law gives them, so those of other licences are not read;
    only of an account that has another key before the licence, all are.
    """
    found: set[str] = set()
    for name, first in _keyed_by_licence():
        whole = f"{name}?licence={licence.pk}"
        if first == "licence":
            found.update({whole} if act.ledger.account(whole) else ())
        begins = f"{whole}&" if first == "licence" else f"{name}?"
        found.update(one.id for one in act.ledger.accounts(begins))
    return sorted(name for name in found if keys_of(name).get("licence") == licence.pk)


def _keyed_by_licence() -> Iterator[tuple[str, str]]:
    """The names of accounts that the law keys by a licence, each with the first of its keys."""
    for checked in law.library().checked:
        regime = checked.regime
        within = (one.account for one in regime.conditions.values() if one.account is not None)
        for account in (*regime.accounts.values(), *within):
            keys = [part.partition(".")[0] for part in account.per]
            if "licence" in keys:
                yield account.terms.name, keys[0]


def stop(act: Act, licence: Licence) -> list[str]:
    """Shut the accounts of a licence for every permission, at once, in the ledger itself.

    The law says the same (`licence.suspended`, `licence.revoked`) to whoever decides from now on;
    this also stops who decided just before. Facts are still posted (R3).

    Returns:
        The marks; `unstop` takes them away.
    """
    if licence.stops:
        return list(licence.stops)
    marks = []
    for name in accounts_of(act, licence):
        mark = act.next_id()
        why = act.why(f"licence/{licence.pk}")
        act.ledger.apply(OpenDiscrepancy(id=mark, why=why, account=name), now=act.now)
        marks.append(mark)
    return marks


def unstop(act: Act, licence: Licence) -> None:
    """Open the accounts of a licence again."""
    for mark in licence.stops:
        why = act.why(f"licence/{licence.pk}")
        change = SettleDiscrepancy(id=act.next_id(), why=why, discrepancy=mark)
        act.ledger.apply(change, now=act.now)


def void_reservations_on(act: Act, licence: Licence) -> list[str]:
    """Give back everything that is reserved on a licence, on all accounts of each order line.

    What was promised to an order is given up with it: its allocation, and shipments of it that are
    prepared. What has left keeps what it draws when it enters: that is a fact by then (R3).

    Returns:
        The ledger's groups of which something was given back.
    """
    groups = {
        one.change
        for name in accounts_of(act, licence)
        for one in act.ledger.transfers(account=name)
        if one.kind == "reserve"
    }
    promised = {group_of(one): one for one in _allocations(groups)}
    freed = []
    for group in sorted(groups):
        allocation = promised.get(group)
        if allocation is not None and allocation.state in LIVE:
            end(act, allocation)
        elif allocation is None and any(x.remaining for x in act.ledger.reservations(group)):
            void = Void(act.next_id(), act.why(f"licence/{licence.pk}"), group)
            act.ledger.apply(void, now=act.now)
        else:
            continue
        freed.append(group)
    return freed


def _allocations(groups: Iterable[str]) -> QuerySet[Allocation]:
    """The allocations behind groups of reservations."""
    named = [group.partition("/")[2] for group in groups]
    found = Allocation.objects.filter(pk__in=named)
    return found.select_for_update(of=("self",)).order_by("pk")
