"""Calling the API in tests as anybody of the small world."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from book_kit import ADMIN
from django.test import Client
from django.utils import timezone

from interlock.book.acting import perform
from interlock.book.models import User
from interlock.book.services.people import token_make

if TYPE_CHECKING:
    from book_kit import World
    from django.http import HttpResponse

    from interlock.book.rights import Actor


class Api:
    """A client that sends each actor's own token."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = Client(raise_request_exception=False)
        self.tokens: dict[str, str] = {}

    def token(self, who: Actor) -> str:
        """A token of an actor."""
        if who.name not in self.tokens:
            self.tokens[who.name] = self.make_token(who)
        return self.tokens[who.name]

    def make_token(self, who: Actor, **more: Any) -> str:
        """Another token of an actor, made now by an administrator."""
        name = User.objects.get(pk=who.user).username
        _, token = perform(
            ADMIN,
            lambda act: token_make(act, username=name, party=who.party, name="test", **more),
            now=timezone.now(),
        )
        return token

    def call(
        self, method: str, path: str, who: Actor | None, body: Any = None, **headers: str
    ) -> HttpResponse:
        """One request; header names with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent["Authorization"] = f"Bearer {self.token(who)}"
        data = json.dumps(body) if body is not None else None
        return self.client.generic(
            method, f"/api/v1{path}", data or "", content_type="application/json", headers=sent
        )

    def send(self, path: str, who: Actor, data: bytes, content_type: str) -> HttpResponse:
        """A POST of bytes as they are."""
        return self.client.generic(
            "POST", f"/api/v1{path}", data, content_type=content_type,
            headers={"Authorization": f"Bearer {self.token(who)}"},
        )  # fmt: skip

    def get(self, path: str, who: Actor | None, **headers: str) -> HttpResponse:
        """A GET."""
        return self.call("GET", path, who, **headers)

    def post(self, path: str, who: Actor | None, body: Any = None, **headers: str) -> HttpResponse:
        """A POST."""
        return self.call("POST", path, who, {} if body is None else body, **headers)
