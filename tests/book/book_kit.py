"""A small world for tests of the book: two authorities, customs, a supplier, two buyers, people."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import connection

from interlock.book.acting import perform
from interlock.book.models import Office, Party
from interlock.book.rights import Actor
from interlock.book.services import do, people

if TYPE_CHECKING:
    from interlock.book.acting import Act
    from interlock.book.models import Thing

NOW = dt.datetime(2026, 2, 10, 12, tzinfo=dt.UTC)
"""The clock of the tests: the 2026 rule binds, the Chinese approvals are known."""

FIRMS = {
    "nvidia": ("NVIDIA Corporation", "US", ["exporter", "supplier"]),
    "bytedance": ("ByteDance", "CN", ["buyer", "end_user"]),
    "tencent": ("Tencent", "CN", ["buyer", "end_user"]),
}
AUTHORITIES = {
    "us-bis": ("Bureau of Industry and Security", "US", "export"),
    "cn-authorities": ("Chinese authorities", "CN", "import"),
    "cn-customs": ("General Administration of Customs", "CN", "customs"),
}


def actor(name: str, party: str, *roles: str) -> Actor:
    """Somebody with offices at a party, entered with a user of their own."""
    gate = AUTHORITIES[party][2] if party in AUTHORITIES else ""
    user, _ = get_user_model().objects.get_or_create(username=name)
    for role in roles:
        Office.objects.get_or_create(
            user=user, party_id=party, role=role, until=None, defaults={"since": NOW}
        )
    return Actor(f"{name}@{party}", party, gate, frozenset(roles), user.pk)


def people_on_record() -> None:
    """Write down in the audit log, too, who was entered so far; `actor` only makes the rows."""

    def work(act: Act) -> None:
        for user in get_user_model().objects.order_by("pk"):
            people.note(act, "user.enter", f"user/{user.username}", {"name": "", "service": False})
        for one in Office.objects.order_by("pk").select_related("user"):
            content = {"user": one.user.username, "party": one.party_id, "role": one.role}
            people.note(act, "office.give", f"office/{one.pk}", content)

    perform(ADMIN, work, now=NOW)


ADMIN = Actor("root@interlock", roles=frozenset({"administrator"}))


def rows_are_final() -> None:
    """Let audit rows be sealed in the transaction of a test, which never ends.

    On PostgreSQL a row waits for the end of every transaction that was open when it was written.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit ALTER COLUMN xact SET DEFAULT '3'::xid8")


class World:
    """Parties, a product, and people by name; `do` acts at the kit's clock."""

    def __init__(self) -> None:
        self.now = NOW
        for pk, (name, country, roles) in FIRMS.items():
            self.do(ADMIN, "party.enter", id=pk, name=name, country=country, headquarters=country,
                    ultimate_parent_country=country, roles=roles,
                    known_to=["nvidia"] if pk != "nvidia" else [])  # fmt: skip
        for pk, (name, country, gate) in AUTHORITIES.items():
            self.do(ADMIN, "party.enter", id=pk, name=name, country=country, authority=True,
                    gate=gate)  # fmt: skip
        self.do(ADMIN, "product.enter", id="h200-sxm", catalogue_name="H200 SXM", supplier="nvidia",
                unit_price_usd="27000")  # fmt: skip
        self.officer = actor("ann", "us-bis", "licensing_officer")
        self.second = actor("bob", "us-bis", "licensing_officer")
        self.cn_officer = actor("chen", "cn-authorities", "licensing_officer")
        self.cn_second = actor("deng", "cn-authorities", "licensing_officer")
        self.customs = actor("fang", "cn-customs", "customs_officer")
        self.supplier = actor("eve", "nvidia", "compliance_officer")
        self.allocator = actor("gil", "nvidia", "allocation_manager")
        self.allocator_2 = actor("hal", "nvidia", "allocation_manager")
        self.buyer = actor("ivy", "bytedance", "compliance_officer")
        self.rival = actor("jun", "tencent", "compliance_officer")
        self.auditor = actor("kim", "us-bis", "auditor")

    def do(self, who: Actor, right: str, pk: str = "", **values: Any) -> Any:
        """Make one move, now."""
        found: Thing = do(who, right, pk, values, now=self.now)
        return found

    def party(self, pk: str) -> Party:
        """A party by its id."""
        return Party.objects.get(pk=pk)

    def order(self, pk: str = "o-1", quantity: int = 1000, **more: Any) -> Any:
        """An order of ByteDance's for H200."""
        values = {
            "id": pk, "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
            "quantity": quantity, "destination": "CN", "origin": "US", "data_centre_use": True,
            "facts": {"order": {"prohibited_end_use": False, "truly_needed": True}},
        } | more  # fmt: skip
        by_supplier = not more.keys().isdisjoint(("weight", "tier"))
        return self.do(self.supplier if by_supplier else self.buyer, "order.place", **values)
