"""A book's own history decided anew by another law: how a proposed condition is examined.

history     past decisions as one frame, and what moved accounts; kept in a folder or in memory
laws        which law each past decision falls under
rules       all decisions at once, by rules alone: what changes, and by which rule
playing     what moved accounts, in order, through the ledger under the other terms
setting     one fact in place of another in a whole history
report      both laws side by side, as tables and JSON

Knows no database: the book reads its history (`interlock.book.selectors.law_history`).
"""
