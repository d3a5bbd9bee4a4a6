"""The API of the book, version 1."""

from interlock.api import customs
from interlock.api.accounts import router as accounts_router
from interlock.api.alerts import router as alerts_router
from interlock.api.audit import router as audit_router
from interlock.api.auth import Session, Token, at_hand
from interlock.api.bulk import router as bulk_router
from interlock.api.compliance import router as compliance_router
from interlock.api.letters import router as letters_router
from interlock.api.licensing import router as licensing_router
from interlock.api.openapi import BookApi
from interlock.api.own import router as own_router
from interlock.api.people import router as people_router
from interlock.api.problems import register
from interlock.api.reading import StrictJson
from interlock.api.replays import router as replays_router
from interlock.api.things import add_all
from interlock.api.trade import add_trade
from interlock.api.writing import ExactJson

api = BookApi(
    title="Interlock",
    version="1",
    description="The book of record: applications, licences, orders, shipments, entries.",
    auth=[at_hand, Token(), Session()],
    parser=StrictJson(),
    renderer=ExactJson(),
    docs_url=None,
    urls_namespace="api",
)
register(api)
api.add_router("", people_router)
api.add_router("", bulk_router)
api.add_router("/replays", replays_router)
api.add_router("", accounts_router)
api.add_router("", alerts_router)
api.add_router("", compliance_router)
customs.add(api)
add_all(api)
api.add_router("", licensing_router)
api.add_router("", letters_router)
add_trade(api)
api.add_router("/audit", audit_router)
api.add_router("", own_router)
