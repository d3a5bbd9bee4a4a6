"""The HTTP interface of the book, under /api/v1."""
