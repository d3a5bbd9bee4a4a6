"""How the tables of the book are made: the first one, and the ledger beside it."""
