"""What a person keeps about pages. It says nothing about the book, so it is no thing in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SavedView(models.Model):
    """The filters and columns of a list under a name of one's own; `query` is its address's."""

    user = models.ForeignKey("book.User", on_delete=models.CASCADE, related_name="+")
    party = models.CharField(max_length=80)
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "party", "kind", "name"], name="saved_view_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
