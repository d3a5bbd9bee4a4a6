"""Loading an episode's folder: all faults of all its files in one pass, or the whole episode."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from interlock.episode.basis import BASIS_KEYS, Reading
from interlock.episode.model import Episode, Source, Variant
from interlock.episode.papers import (
    ID,
    read_case_fact,
    read_licence,
    read_parties,
    read_products,
    read_statement,
    read_sum,
)
from interlock.episode.tables import (
    read_domestic_shipments,
    read_orders,
    read_stock,
    read_test_reports,
)
from interlock.evidence import load_claims
from interlock.evidence.fields import Fields
from interlock.files import BadInputError, Node, read_yaml
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_TOP: Final = frozenset({"title", "as_of", "claims", "sources", "variants"})


def load(path: str | Path) -> Episode:
    """Read an episode.

    Args:
        path: its folder, or the `episode.yaml` in it.

    Raises:
        BadInputError: everything wrong with any of its files, each with its place. Nothing is
            half-loaded.
    """
    folder = Path(path)
    if folder.name == "episode.yaml":
        folder = folder.parent
    reading = Reading()
    top = _fields(folder / "episode.yaml", _TOP, reading)
    if top is None:
        reading.faults.raise_if_any()
        msg = "a file that could not be read left no fault"
        raise AssertionError(msg)
    title, as_of = top.text("title"), top.date("as_of")
    claims_name = top.text("claims")
    if claims_name:
        reading.claims = _try(lambda: load_claims(folder / claims_name), reading)
    _sources(top, reading)
    variants = _variants(top, reading)
    reading.variants = tuple(variants)
    product_nodes = _items(folder, "products", reading)
    products = read_products(product_nodes, reading)
    reading.products = {_id(node) for node in product_nodes} - {""}
    party_nodes = _items(folder, "parties", reading)
    reading.parties = {_id(node) for node in party_nodes} - {""}
    parties = read_parties(party_nodes, reading)
    licence_file = _fields(folder / "licences.yaml", frozenset({"licences", "sums"}), reading)
    licence_nodes = licence_file.items("licences") if licence_file else []
    licences = [read_licence(node, reading) for node in licence_nodes]
    sum_nodes = licence_file.items_or_none("sums") if licence_file else []
    for nodes in (product_nodes, party_nodes, licence_nodes, sum_nodes):
        _check_unique(nodes, reading)
    names = {licence.id for licence in licences}
    sums = [read_sum(node, names, reading) for node in sum_nodes]
    statements = [read_statement(each, reading) for each in _items(folder, "statements", reading)]
    facts = [read_case_fact(each, reading) for each in _items(folder, "facts", reading)]
    orders = _try(lambda: read_orders(folder / "orders.csv", reading), reading) or []
    ids = {line.id for line in orders}
    reports = _try(lambda: read_test_reports(folder / "test_reports.csv", ids, reading), reading)
    stock = _try(lambda: read_stock(folder / "stock.csv", reading), reading)
    domestic = folder / "domestic_shipments.csv"
    shipments = _try(lambda: read_domestic_shipments(domestic, reading), reading)
    reading.faults.raise_if_any()
    assert reading.claims is not None  # noqa: S101 - no claims file is a fault, raised above
    return Episode(
        title=title,
        as_of=as_of,
        claims=reading.claims,
        sources=reading.sources,
        variants=variants,
        products={product.id: product for product in products},
        parties={party.id: party for party in parties},
        licences=tuple(licences),
        sums=tuple(sums),
        statements=tuple(statements),
        facts=tuple(facts),
        orders=tuple(orders),
        test_reports=tuple(reports or ()),
        stock=tuple(stock or ()),
        domestic_shipments=tuple(shipments or ()),
    )


def _try(read: Callable[[], _T], reading: Reading) -> _T | None:
    """What is read, or None after noting why the file cannot be."""
    try:
        return read()
    except BadInputError as error:
        reading.faults.found.extend(error.faults)
        return None


def _fields(path: Path, keys: frozenset[str], reading: Reading) -> Fields | None:
    root = _try(lambda: read_yaml(path), reading)
    return None if root is None else Fields(root, phrase("the file"), keys, reading.faults)


def _items(folder: Path, name: str, reading: Reading) -> list[Node]:
    fields = _fields(folder / f"{name}.yaml", frozenset({name}), reading)
    return fields.items(name) if fields else []


def _id(node: Node) -> str:
    named = node.value.get("id") if isinstance(node.value, dict) else None
    return named.value if named is not None and isinstance(named.value, str) else ""


def _sources(top: Fields, reading: Reading) -> None:
    keys = frozenset({"title", "publisher", "url", "licence"})
    for name, node in _mapping(top, "sources", reading):
        fields = Fields(node, phrase("the source '{name}'", name=name), keys, reading.faults)
        more = {key: fields.text(key, needed=False) for key in ("publisher", "url", "licence")}
        reading.sources[name] = Source(name, fields.text("title"), **more)


def _variants(top: Fields, reading: Reading) -> dict[str, Variant]:
    variants: dict[str, Variant] = {}
    for name, node in _mapping(top, "variants", reading):
        keys = frozenset({"title", "says"}) | BASIS_KEYS
        fields = Fields(node, phrase("the variant '{name}'", name=name), keys, reading.faults)
        text, says = fields.text("title"), fields.text("says")
        variants[name] = Variant(name, text, says, reading.basis(fields))
    return variants


def _mapping(top: Fields, key: str, reading: Reading) -> list[tuple[str, Node]]:
    node = top.need(key)
    if node is None:
        return []
    if not isinstance(node.value, dict):
        mend = phrase("write an id, a colon, and its keys below")
        reading.faults.add(
            node.place, phrase("'{key}' is a {kind}, not a mapping", key=key, kind=node.kind), mend
        )
        return []
    for name in node.value:
        if not ID.match(name):
            place = (node.keys or {})[name]
            mend = phrase("write small letters, digits and hyphens")
            reading.faults.add(place, phrase("'{name}' is no id", name=name), mend)
    return list(node.value.items())


def _check_unique(nodes: list[Node], reading: Reading) -> None:
    """No id stands twice in one list."""
    lines: dict[str, int] = {}
    for node in nodes:
        name = _id(node)
        if not name or not isinstance(node.value, dict):
            continue
        place = node.value["id"].place
        if name in lines:
            wrong = phrase("the id '{name}' is taken ({where})",
                           name=name, where=phrase("line {line}", line=lines[name]))  # fmt: skip
            reading.faults.add(place, wrong, phrase("give each its own id"))
        lines.setdefault(name, place.line)
