"""Django's settings and addresses of the book."""
