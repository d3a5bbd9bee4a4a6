"""The API of the book, version 1."""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI

from interlock.api import customs
from interlock.api.accounts import router as accounts_router
from interlock.api.auth import Session, Token, at_hand
from interlock.api.bulk import router as bulk_router
from interlock.api.problems import register
from interlock.api.things import actor_of, add_all
from interlock.api.trade import add_trade

api = NinjaAPI(
    title="Interlock",
    version="1",
    description="The book of record: applications, licences, orders, shipments, entries.",
    auth=[at_hand, Token(), Session()],
    docs_url=None,
    urls_namespace="api",
)
register(api)


@api.get("/me", tags=["me"], operation_id="me", response=dict[str, Any])
def me(request: HttpRequest) -> dict[str, Any]:
    """Who you are here, and what you may do."""
    actor = actor_of(request)
    return {
        "name": actor.name,
        "party": actor.party,
        "gate": actor.gate or None,
        "roles": sorted(actor.roles),
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
    }


api.add_router("", bulk_router)
api.add_router("", accounts_router)
customs.add(api)
add_all(api)
add_trade(api)
