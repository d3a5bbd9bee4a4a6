"""The server of the book: its settings, its addresses, how it starts and what it logs."""
