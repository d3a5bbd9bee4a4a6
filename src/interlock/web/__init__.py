"""The console: the book's pages, rendered by the server. They write through services alone."""
