"""The book as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Book(AppConfig):
    """Settings of the app."""

    name = "interlock.book"
    label = "book"
    default_auto_field = "django.db.models.BigAutoField"
