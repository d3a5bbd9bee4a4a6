"""Reading the tables of an episode: orders, test reports, stock, domestic shipments."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from interlock.episode.model import DomesticShipments, OrderLine, Stock, TestReport
from interlock.episode.papers import COUNTRY
from interlock.files.phrases import phrase
from interlock.goods.table import read_table

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from interlock.episode.basis import Reading
    from interlock.goods.table import Row

_ORDER: Final = ("order", "buyer", "product", "quantity", "placed_on", "destination", "basis")
_ORDER_MORE: Final = (
    *("consignee", "end_user", "forwarder", "origin", "end_use"),
    "data_centre_use",
)


def read_orders(path: Path, reading: Reading) -> list[OrderLine]:
    """Order lines; consignee and end user are the buyer if left empty."""
    lines: dict[str, OrderLine] = {}
    for row in read_table(path, _ORDER, _ORDER_MORE, reading.faults):
        name = _unique(row, "order", lines, reading)
        buyer = _party(row, "buyer", reading, needed=True)
        lines[name] = OrderLine(
            id=name,
            buyer=buyer,
            consignee=_party(row, "consignee", reading) or buyer,
            end_user=_party(row, "end_user", reading) or buyer,
            forwarder=_party(row, "forwarder", reading),
            product=_product(row, reading),
            quantity=_quantity(row, reading, least=1),
            placed_on=_date(row, "placed_on", reading),
            destination=_country(row, "destination", reading),
            origin=_country(row, "origin", reading) if row.text("origin") else "",
            end_use=row.text("end_use"),
            data_centre_use=row.flag("data_centre_use", reading.faults),
            basis=reading.cell(row),
        )
    return list(lines.values())


def read_test_reports(path: Path, orders: set[str], reading: Reading) -> list[TestReport]:
    """Laboratory reports, at most one for an order line."""
    columns = ("order", "lab_country", "independent", "reported_on", "basis")
    reports: dict[str, TestReport] = {}
    for row in read_table(path, columns, (), reading.faults):
        name = _unique(row, "order", reports, reading)
        reading.known(name, orders, phrase("order"), row.place("order"))
        independent = row.flag("independent", reading.faults)
        if not row.text("independent"):
            reading.faults.add(
                row.place("independent"),
                phrase("'{key}' is empty", key="independent"),
                phrase("write true"),
            )
        reports[name] = TestReport(
            order=name,
            lab_country=_country(row, "lab_country", reading),
            independent=bool(independent),
            reported_on=_date(row, "reported_on", reading),
            basis=reading.cell(row),
        )
    return list(reports.values())


def read_stock(path: Path, reading: Reading) -> list[Stock]:
    """Lots in stock."""
    columns = ("lot", "product", "quantity", "received_on", "basis")
    lots: dict[str, Stock] = {}
    for row in read_table(path, columns, (), reading.faults):
        name = _unique(row, "lot", lots, reading)
        lots[name] = Stock(
            lot=name,
            product=_product(row, reading),
            quantity=_quantity(row, reading),
            received_on=_date(row, "received_on", reading),
            basis=reading.cell(row),
        )
    return list(lots.values())


def read_domestic_shipments(path: Path, reading: Reading) -> list[DomesticShipments]:
    """Shipments to customers in the exporter's own country."""
    columns = ("exporter", "product", "customer", "from", "last_day", "quantity", "basis")
    shipments = []
    for row in read_table(path, columns, (), reading.faults):
        first, last = _date(row, "from", reading), _date(row, "last_day", reading)
        if last < first:
            wrong = phrase("the last day {last} is before the first", last=last)
            reading.faults.add(row.place("last_day"), wrong, phrase("write the period forwards"))
        shipments.append(
            DomesticShipments(
                exporter=_party(row, "exporter", reading, needed=True),
                product=_product(row, reading),
                customer=row.needed("customer", reading.faults),
                first_day=first,
                last_day=last,
                quantity=_quantity(row, reading),
                basis=reading.cell(row),
            )
        )
    return shipments


def _unique(row: Row, column: str, seen: Container[str], reading: Reading) -> str:
    name = row.needed(column, reading.faults)
    if name in seen:
        reading.faults.add(
            row.place(column),
            phrase("'{value}' stands twice", value=name),
            phrase("keep one of them"),
        )
    return name


def _party(row: Row, column: str, reading: Reading, *, needed: bool = False) -> str:
    name = row.needed(column, reading.faults) if needed else row.text(column)
    reading.known(name, reading.parties, phrase("party"), row.place(column))
    return name


def _product(row: Row, reading: Reading) -> str:
    name = row.needed("product", reading.faults)
    reading.known(name, reading.products, phrase("product"), row.place("product"))
    return name


def _quantity(row: Row, reading: Reading, *, least: int = 0) -> int:
    row.needed("quantity", reading.faults)
    return row.integer("quantity", reading.faults, least=least) or 0


def _date(row: Row, column: str, reading: Reading) -> dt.date:
    row.needed(column, reading.faults)
    return row.date(column, reading.faults) or dt.date.min


def _country(row: Row, column: str, reading: Reading) -> str:
    text = row.needed(column, reading.faults)
    if text and not COUNTRY.match(text):
        mend = phrase("write two capital letters (ISO 3166), e.g. CN")
        reading.faults.add(row.place(column), phrase("'{text}' is no country", text=text), mend)
    return text
