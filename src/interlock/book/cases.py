"""The facts of one order as the law reads them, from the rows of the book.

Only vocabulary names stand in a case. What is not known is left out, never filled in: the law then
says unknown, or false for a paper that the book keeps (R7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q

from interlock.book.models import Condition, EndUseCheck, Holder, Licence, Ownership, Statement
from interlock.book.row_facts import (
    HOLDING,
    Facts,
    awaits,
    entry_facts,
    holds,
    is_issued,
    is_valid,
    licence_facts,
    merge,
    order_facts,
    product_facts,
    shipment_facts,
    statement_facts,
    waiver_facts,
)
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.book.models import Certificate, Entry, Order, Party, Shipment

PARTY_ROLES = ("buyer", "consignee", "end_user", "broker", "forwarder")
MOST_OWNERS_UP = 12
TEST_REPORT = "test_report"
"""The kind of certificate that a laboratory's report is."""


class Cases:
    """Builds the facts of orders at one day; keeps parties and licences that it met.

    Args:
        at: papers filed and licences issued later are left out.
    """

    def __init__(self, at: dt.date) -> None:
        self.at = at
        self._parties: dict[str, Facts] = {}
        self._statements: dict[tuple[str, str], Facts] = {}
        self._licences: dict[tuple[str, str], list[Licence]] = {}
        self._serving: dict[tuple[str | None, ...], Licence | None] = {}
        self._papers: dict[tuple[str, str], tuple[Facts, list[Facts]]] = {}

    def order(
        self,
        order: Order,
        stage: str,
        *,
        shipment: Shipment | None = None,
        entry: Entry | None = None,
    ) -> Facts:
        """The case of an order, of one of its shipments, or of one of their entries."""
        kind = order.transaction_kind
        case: Facts = {
            "id": order.pk,
            "stage": stage,
            "product": product_facts(order.product),
            "transaction": {"kind": kind, "date": self.at},
            "order": order_facts(order),
            # Not asked yet is not refused: what the supplier has not said is not known (R7).
            "supply": {"confirmed": True} if order.state == "confirmed" else {},
            "exporter": self.party(order.supplier),
            "shipment": {"origin": order.origin} if order.origin else {},
            "statement": self.statements(order),
            "licence": {},
        }
        for role in PARTY_ROLES:
            if getattr(order, f"{role}_id"):
                case[role] = self.party(getattr(order, role))
        for gate in ("export", "import"):
            found = self.licence(gate, order)
            if found is not None:
                holder = getattr(order, f"{HOLDING[gate]}_id")
                facts, waivers = self._paper(found, holder)
                case["licence"][gate] = dict(facts)  # an order's own facts are merged into it
                case.setdefault("waivers", []).extend(waivers)
        if shipment is not None:
            case["shipment"] = shipment_facts(shipment)
            self._add_certificates(case, shipment)
        if stage == "use":
            case["use"] = self.use(order, shipment)
        if entry is not None:
            case["entry"] = entry_facts(entry)
        merge(case, order.facts)
        return case

    # -- parties --------------------------------------------------------------------------------

    def party(self, party: Party) -> Facts:
        """A party with its owners, and theirs."""
        if party.pk not in self._parties:
            self._parties[party.pk] = self._party(party, ())
        return self._parties[party.pk]

    def _party(self, party: Party, above: tuple[str, ...]) -> Facts:
        facts: Facts = {"id": party.pk, "name": party.name}
        for name in ("country", "headquarters", "ultimate_parent_country", "screened_on"):
            value = getattr(party, name)
            if value:
                facts[name] = value
        if party.screened_on is not None and party.screened_on > self.at:
            facts.pop("screened_on")  # the day of a later look is not known yet
        names = (*party.other_names, *(one["name"] for one in party.listed_as))
        facts["aliases"] = list(dict.fromkeys(names))
        if len(above) >= MOST_OWNERS_UP:
            return facts
        owners = []
        for one in self.owned_by(party):
            if one.owner_id in (*above, party.pk):
                continue  # a circle of owners ends where it closes
            owner = dict(self._party(one.owner, (*above, party.pk)))
            owner.pop("screened_on", None)  # the law asks that of a party alone
            if one.share is not None:
                owner["share"] = one.share
            owners.append(owner)
        return facts | {"owners": owners}

    def owned_by(self, party: Party) -> Iterable[Ownership]:
        """Shares in a party on the day, by owner."""
        now = Q(since__isnull=True) | Q(since__lte=self.at)
        still = Q(until__isnull=True) | Q(until__gt=self.at)
        held = Ownership.objects.filter(now & still, party=party).select_related("owner")
        return held.order_by("owner_id")

    # -- papers ---------------------------------------------------------------------------------

    def statements(self, order: Order) -> Facts:
        """The statements on file for an order's buyer or supplier."""
        pair = (order.buyer_id, order.supplier_id)
        if pair not in self._statements:
            roles = {"buyer": order.buyer_id, "supplier": order.supplier_id}
            self._statements[pair] = statement_facts(self.on_file(order), roles)
        return dict(self._statements[pair])  # an order's own facts are merged into it

    def on_file(self, order: Order) -> Iterable[Statement]:
        """Statements on file for an order's buyer or supplier, as they were filed."""
        general = Q(buyer__isnull=True, by__in=(order.buyer_id, order.supplier_id))
        found = Statement.objects.filter(Q(buyer=order.buyer_id) | general, filed_on__lte=self.at)
        found = found.filter(state__in=("filed", "accepted"))
        return found.order_by("filed_on", "pk")

    def _add_certificates(self, case: Facts, shipment: Shipment) -> None:
        """Certificates on a shipment, by their days alone: one whose day has come is not on file.

        A kind that the vocabulary has as `statement.<kind>` is that statement. Where laboratory
        reports are filed as certificates, the test counts as long as one of them holds.
        """
        filed = list(self.certificates(shipment))
        holding = [one for one in filed if is_valid(one, self.at)]
        names = vocabulary().entries
        for one in holding:
            if f"statement.{one.certificate_kind}" in names:
                case["statement"][one.certificate_kind] = True
            if one.valid_until and f"statement.{one.certificate_kind}_valid_until" in names:
                case["statement"][f"{one.certificate_kind}_valid_until"] = one.valid_until
        if any(one.certificate_kind == TEST_REPORT for one in filed):
            reports = [one for one in holding if one.certificate_kind == TEST_REPORT]
            test = case["shipment"].setdefault("test", {})
            test["on_file"] = bool(reports)
            if reports:
                test.setdefault("date", reports[-1].issued_on)

    def certificates(self, shipment: Shipment) -> Iterable[Certificate]:
        """Certificates on a shipment that were not withdrawn, by day of issue."""
        return shipment.certificates.exclude(state="withdrawn").order_by("issued_on", "pk")

    def use(self, order: Order, shipment: Shipment | None) -> Facts:
        """What the newest signed check of the units found; of several on one day, the last signed.

        A check of one shipment speaks for that shipment, a check of a party for all that it got.
        A rating that is not signed by a second officer is nobody's word yet.
        """
        found = self.newest_check(order, shipment)
        if found is None:
            return {}
        facts: Facts = {"last_check_on": found.made_on, "country": found.country}
        if found.rating != "inconclusive":
            facts["check_passed"] = found.rating == "as_declared"
        if found.data_centre is not None:
            facts["data_centre"] = found.data_centre
        return facts

    def newest_check(self, order: Order, shipment: Shipment | None) -> EndUseCheck | None:
        """The newest signed check that speaks for an order or one of its shipments."""
        to = {order.buyer_id, order.consignee_id, order.end_user_id} - {None}
        ours = Q(shipment__order=order.pk) if shipment is None else Q(shipment=shipment.pk)
        return (
            EndUseCheck.objects.filter(ours | Q(shipment__isnull=True, party__in=to))
            .filter(state="signed", made_on__lte=self.at, signed_on__lte=self.at)
            .order_by("-made_on", "-signed_on", "-pk")
            .first()
        )

    def licence(self, gate: str, order: Order) -> Licence | None:
        """The licence that serves an order at a gate: its holder, product and destination fit.

        At the export gate the supplier holds it, for named consignees; at the import gate the
        buyer. Of several the one in force comes first, then the one that lapses first (so that
        nothing lapses unused), then by day of issue and id.
        """
        asked = _asked(gate, order)
        if asked not in self._serving:
            self._serving[asked] = min(self._fitting(gate, order), key=self._rank, default=None)
        return self._serving[asked]

    def served_by(self, licence: Licence, order: Order) -> None:
        """Orders like this one are served by this licence at its gate, whichever fits best."""
        self._serving[_asked(licence.gate, order)] = licence

    def _paper(self, licence: Licence, holder: str) -> tuple[Facts, list[Facts]]:
        """A licence as one holder has it, and the waivers of its conditions."""
        asked = licence.pk, holder
        if asked not in self._papers:
            unasked = {one.pk for one in licence.conditions.all() if awaits(one, holder)}
            facts = licence_facts(licence, self.at, holder, unasked=unasked)
            self._papers[asked] = facts, list(waiver_facts(licence))
        return self._papers[asked]

    def _fitting(self, gate: str, order: Order) -> list[Licence]:
        holder = getattr(order, f"{HOLDING[gate]}_id")
        return [
            one
            for one in self._held(gate, holder)
            if (not one.products.all() or order.product_id in {x.pk for x in one.products.all()})
            and (
                not one.consignees.all()
                or {order.buyer_id, order.consignee_id} & {x.pk for x in one.consignees.all()}
            )
            and one.destination in ("", order.destination)
            and any(x.party_id == holder and holds(x, self.at) for x in one.holders.all())
        ]

    def _held(self, gate: str, holder: str) -> list[Licence]:
        if (gate, holder) not in self._licences:
            self._licences[gate, holder] = list(self.held(gate, holder))
        return self._licences[gate, holder]

    def held(self, gate: str, holder: str) -> Iterable[Licence]:
        """Licences of a holder at a gate, with holders, products, consignees and conditions."""
        return (
            Licence.objects.filter(gate=gate, holders__party=holder)
            .exclude(state="dropped")
            .prefetch_related(
                "products",
                "consignees",
                Prefetch("holders", Holder.objects.order_by("pk")),
                Prefetch("conditions", Condition.objects.order_by("pk")),
                "conditions__consents",
            )
        )

    def _rank(self, one: Licence) -> tuple[int, str, str, str]:
        usable = is_issued(one, self.at) and one.state == "issued"
        over = one.valid_until is not None and one.valid_until <= self.at
        order = 0 if usable and not over else 1 if is_issued(one, self.at) else 2
        return order, str(one.valid_until or "9999"), str(one.issued_on or ""), one.pk


def _asked(gate: str, order: Order) -> tuple[str | None, ...]:
    """What of an order tells which licence serves it."""
    who = (order.supplier_id, order.buyer_id, order.consignee_id)
    return (gate, *who, order.product_id, order.destination)
