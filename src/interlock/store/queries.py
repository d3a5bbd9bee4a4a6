"""What the store asks of a database, once for all of them.

`?` stands for a parameter and `= ANY(?)` for a list of texts; a dialect puts its own words there.
"""

# The names in these texts are ours, never input.
# ruff: noqa: S608

from __future__ import annotations

from interlock.store.layout import LISTED

ACCOUNT = f"SELECT {LISTED['ledger_account']} FROM ledger_account"
AUDIT = f"SELECT {LISTED['audit']} FROM audit"
COUNTERS = f"SELECT {LISTED['ledger_counters']} FROM ledger_counters"
DISCREPANCY = f"SELECT {LISTED['ledger_discrepancy']} FROM ledger_discrepancy"
DRAW = f"SELECT {LISTED['ledger_draw']} FROM ledger_draw"
RESERVATION = f"SELECT {LISTED['ledger_reservation']} FROM ledger_reservation"
RESTS = "SELECT id, amount, remaining FROM ledger_reservation ORDER BY id"
TRANSFER = f"SELECT {LISTED['ledger_transfer']} FROM ledger_transfer"

LAST_TRANSFER = "SELECT coalesce(max(seq), 0) FROM ledger_transfer"
LAST_ENTRY = "SELECT seq, recorded FROM audit ORDER BY seq DESC LIMIT 1"

BASES = "SELECT id FROM ledger_account WHERE base = '' ORDER BY id"
THESE_ACCOUNTS = f"{ACCOUNT} WHERE id = ANY(?)"
# With everything above them, so that one question gives all that a draw on a part draws on.
FAMILIES = f"""
WITH RECURSIVE family AS (
    {ACCOUNT} WHERE id = ANY(?)
    UNION SELECT a.* FROM ledger_account a JOIN family f ON a.id = f.parent
) SELECT {LISTED["ledger_account"]} FROM family
"""
THESE_COUNTERS = f"{COUNTERS} WHERE account = ANY(?)"
# Last records of these accounts: what is recorded on them never runs backwards. One look-up for
# each account, so that no plan reads all transfers.
LAST_RECORDED = (
    "SELECT max((SELECT t.recorded FROM ledger_transfer t WHERE t.seq = c.seq)) AS recorded"
    " FROM ledger_counters c WHERE c.account = ANY(?)"
)
THESE_OPEN = f"{DISCREPANCY} WHERE settled_by = '' AND account = ANY(?) ORDER BY seq"
EXPIRED = (
    f"{RESERVATION} WHERE account = ANY(?)"
    " AND remaining > 0 AND expires IS NOT NULL AND expires <= ?"
)
OUT_OF_WINDOW = (
    f"{DRAW} WHERE account = ANY(?)"
    " AND reversed < amount AND comes_back IS NOT NULL AND comes_back <= ?"
)
ENTRY = f"{AUDIT} WHERE change = ?"
THESE_ENTRIES = f"{AUDIT} WHERE change = ANY(?)"
# '$' follows '#', and no change id holds a '#': `[change#, change$)` is what a change made.
ANSWERED = f"{TRANSFER} WHERE id >= ? AND id < ? AND id NOT LIKE '%!%' ORDER BY seq"
GROUP_RESERVATIONS = f"{RESERVATION} WHERE id >= ? AND id < ?"
GROUP_DRAWS = f"{DRAW} WHERE id >= ? AND id < ?"
GROUP_ACCOUNTS = (
    "SELECT account FROM ledger_reservation WHERE id >= ? AND id < ?"
    " UNION SELECT account FROM ledger_draw WHERE id >= ? AND id < ?"
)
THIS_DISCREPANCY = f"{DISCREPANCY} WHERE id = ?"
THESE_DRAWS = f"{DRAW} WHERE account = ANY(?)"
AGED_DEBITS = (
    "SELECT coalesce(sum(amount - reversed), 0) FROM ledger_draw"
    " WHERE account = ? AND effective <= ?"
)
# Each reserve and each posted debit left one row that its transfer gives again; what is neither the
# transfer's nor counted by it (`provisional`, `post`) is not looked at.
UNLIKE_RESERVATION = """
SELECT t.id FROM ledger_transfer t LEFT JOIN ledger_reservation r ON r.id = t.id
WHERE t.kind = 'reserve' AND (r.id IS NULL OR r.change <> t.change OR r.account <> t.account
    OR r.side <> t.side OR r.amount <> t.amount OR r.factor <> t.factor OR r.holder <> t.holder
    OR r.regime <> t.regime OR r.effective <> t.effective
    OR coalesce(r.expires, '') <> coalesce(t.due, ''))
ORDER BY t.seq LIMIT 1
"""
UNLIKE_DRAW = """
SELECT t.id FROM ledger_transfer t LEFT JOIN ledger_draw d ON d.id = t.id
WHERE t.kind = 'post' AND t.side = 'debit' AND (d.id IS NULL OR d.change <> t.change
    OR d.account <> t.account OR d.quantity <> t.quantity OR d.factor <> t.factor
    OR d.amount <> t.amount OR d.effective <> t.effective
    OR coalesce(d.comes_back, '') <> coalesce(t.due, ''))
ORDER BY t.seq LIMIT 1
"""
STRAY_RESERVATION = """
SELECT r.id FROM ledger_reservation r WHERE NOT EXISTS
    (SELECT 1 FROM ledger_transfer t WHERE t.id = r.id AND t.kind = 'reserve')
ORDER BY r.id LIMIT 1
"""
STRAY_DRAW = """
SELECT d.id FROM ledger_draw d WHERE NOT EXISTS
    (SELECT 1 FROM ledger_transfer t WHERE t.id = d.id AND t.kind = 'post' AND t.side = 'debit')
ORDER BY d.id LIMIT 1
"""


def group_ends(change: str) -> tuple[str, str]:
    """The ends of the range of ids that a change made."""
    return f"{change}#", f"{change}$"
