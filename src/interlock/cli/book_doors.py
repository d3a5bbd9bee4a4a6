"""One door to a book: its API, over the network or in this process on the database at hand.

In this process the same application answers, with its rights, transactions and problems; who acts
is handed over beside the request, where no request from outside can put it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.cli.common import refuse_option
from interlock.files import InterlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interlock.book.rights import Actor

WAIT_S = 300


class RefusedByBookError(InterlockError):
    """The book refused; `problem` is the problem as the API gave it."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(str(problem.get("detail") or problem.get("title") or problem))


class Door:
    """The API as the options name it.

    Args:
        server: address of a server, e.g. https://book.example; empty: the book of DATABASE_URL.
        token: for a server.
        actor: USER@PARTY, for the book at hand.
    """

    def __init__(self, server: str = "", token: str = "", actor: str = "") -> None:
        import httpx

        headers = {}
        if server:
            if not token:
                refuse_option("--token", "is not given", "set INTERLOCK_TOKEN or give --token")
            headers["Authorization"] = f"Bearer {token}"
            transport: httpx.BaseTransport = httpx.HTTPTransport(retries=2)
        else:
            if not actor:
                refuse_option(
                    "--as", "nobody acts", "give --as USER@PARTY, or --server and --token"
                )
            transport = httpx.WSGITransport(_application(acting(actor)), raise_app_exceptions=False)
        self.client = httpx.Client(
            base_url=f"{server.rstrip('/') or 'http://localhost'}/api/v1",
            headers=headers,
            transport=transport,
            timeout=WAIT_S,
        )

    def send(self, method: str, path: str, **options: Any) -> Any:
        """One request; its answer as JSON, or as text where it is something else.

        Raises:
            RefusedByBookError: with the problem.
        """
        import httpx

        try:
            response = self.client.request(method, path, **options)
        except httpx.HTTPError as error:
            refuse_option("--server", f"does not answer ({error})", "check the address")
        found = response.json() if "json" in response.headers.get("Content-Type", "") else None
        if response.is_error:
            raise RefusedByBookError(found or {"detail": response.text[:500]})
        return response.text if found is None else found

    def act(self, right: str, pk: str, values: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Make one move; with a key it can be sent twice and happens once."""
        from interlock.api.addresses import move_path

        headers = {"Idempotency-Key": key} if key else {}
        found: dict[str, Any] = self.send(
            "POST", move_path(right, pk), json=values, headers=headers
        )
        return found


def acting(given: str) -> Actor:
    """The actor that USER@PARTY names, for the book at hand."""
    from interlock.api.auth import actor_for
    from interlock.book.models import User

    name, _, party = given.rpartition("@")
    user = User.objects.filter(username=name).first()
    found = actor_for(user, party) if user else None
    if found is None:
        mend = "write USER@PARTY; 'interlock book people list' shows who works where"
        refuse_option("--as", f"'{given}' names nobody with an office", mend)
    return found


def _application(actor: Actor) -> Callable[..., Iterable[bytes]]:
    from interlock.api.auth import ACTOR_AT_HAND
    from interlock.site.wsgi import application

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        environ[ACTOR_AT_HAND] = actor
        found: Iterable[bytes] = application(environ, start)
        return found

    return app
