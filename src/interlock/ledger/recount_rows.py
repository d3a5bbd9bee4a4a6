"""Rows that no counting gives, held against the log: accounts as opened, discrepancies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from interlock.ledger import changes
from interlock.ledger.model import Discrepancy, Off

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.ledger.model import Account, Entry, Transfer

OPEN = changes.KINDS[changes.OpenAccount]
REPORT = changes.KINDS[changes.OpenDiscrepancy]
SETTLE = changes.KINDS[changes.SettleDiscrepancy]


def not_as_opened(accounts: Mapping[str, Account], entries: Iterable[Entry]) -> Off | None:
    """The first account that is not as the log says that it was opened, or None.

    The account of a period has no row of its own in the log: it is as the one that it belongs to.
    """
    opened = {}
    for entry in entries:
        if entry.kind == OPEN:
            opened[json.loads(entry.content)[1][0]] = entry
    for name in sorted(opened):
        if name not in accounts:
            return Off("account", name, "is missing; the audit log says that it was opened")
    for name in sorted(accounts):
        account = accounts[name]
        if account.base:
            base = accounts.get(account.base)
            same = base is not None and base.terms == account.terms and bool(account.period)
        else:
            same = name in opened and _content(account, opened[name]) == opened[name].content
        if not same:
            return Off("account", name, "is not as it was opened")
    return None


def _content(account: Account, entry: Entry) -> str:
    """What the log would say of the opening of an account as it stands."""
    why = changes.Why(entry.actor, entry.reason, entry.cause, entry.effective)
    return changes.content(
        changes.OpenAccount(
            entry.change, why, account.id, account.terms, account.holder, account.parent
        )
    )


def not_as_reported(
    accounts: Mapping[str, Account],
    entries: Iterable[Entry],
    breaches: Mapping[str, Transfer],
    found: Iterable[Discrepancy],
) -> Off | None:
    """The first discrepancy that is not as the log and the breaches say, or None.

    One that was taken out, or marked as settled, would let draws go on that it shuts.
    """
    opened, settled = {}, {}
    for entry in entries:
        if entry.kind == REPORT:
            opened[entry.change] = json.loads(entry.content)[1]
        elif entry.kind == SETTLE:
            settled[json.loads(entry.content)[1][0]] = entry.change
    rows = {row.id: row for row in found}
    for name in sorted({*opened, *breaches, *rows}):
        row = rows.get(name)
        if row is None:
            return Off("discrepancy", name, "is missing; the audit log says that it was opened")
        account = accounts.get(row.account)
        if name in breaches:
            breach = breaches[name]
            asked, holder, amount, by = breach.account, breach.holder, breach.amount, breach.change
        elif name in opened:
            (asked, holder), amount, by = opened[name], 0, name
        else:
            return Off("discrepancy", name, "was opened by nothing in the audit log")
        if account is None or asked not in (account.id, account.base):
            return Off("discrepancy", name, f"is about '{row.account}', the log says '{asked}'")
        shut_for = "" if account.terms.shuts == "account" else holder or account.holder
        expected = Discrepancy(name, row.account, shut_for, amount, by, settled.get(name, ""))
        if row != expected:
            return Off("discrepancy", name, f"stands as {row}, the log says {expected}")
    return None
