"""Try a case: facts by the names of the vocabulary, the decision of a day's law. Keeps nothing."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book import law
from interlock.book.models import Product
from interlock.book.rights import visible
from interlock.book.selectors import law_shown
from interlock.book.selectors.decisions import shown
from interlock.files import BadInputError, Place
from interlock.law.cases.reader import CaseReader
from interlock.law.compiling.compiled import GATES
from interlock.law.deciding.decide import Decider
from interlock.law.model import STAGES
from interlock.law.vocabulary import vocabulary
from interlock.web.decisions import in_plain, kept_first
from interlock.web.doors import page
from interlock.web.inwords import entry_named, meaning, name_in_words
from interlock.web.law_tongue import sentence, unit_name
from interlock.web.phrasing import translated
from interlock.web.regimes import days_of, status_of
from interlock.web.trouble import said_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor
    from interlock.law.vocabulary import Entry, Vocabulary
    from interlock.web.regimes import Days

BEGIN = (
    "product.name", "order.destination", "order.quantity", "shipment.origin", "transaction.kind",
)  # fmt: skip
"""What nearly every case says; whatever the decision then lacks is asked for next."""
MOST = 200
MOST_WAYS = 8
LONGEST = 300
BEFORE = "f-"


@require_GET
@page
def try_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form; with facts in the address, the decision too, and fields for what it lacked."""
    days = days_of(request)
    stage: Any = request.GET.get("stage", "order")
    stage = stage if stage in STAGES else "order"
    given = {
        name.removeprefix(BEFORE): str(value).strip()[:LONGEST]
        for name, value in list(request.GET.items())[:MOST]
        if name.startswith(BEFORE)
    }
    offered = law_shown.proposed(actor, at=days.at)
    assumed = frozenset(request.GET.getlist("assume")) & {one["id"] for one in offered}
    found = law.library().law(days.at, days.known, assumed) if assumed else None
    reading = found or law.law_on(days.at, days.known)
    words = reading.vocabulary
    faults: dict[str, str] = {}
    decision = None
    if any(given.values()) and not days.errors:
        case = _case({"transaction.date": days.at.isoformat()} | given, words, faults)
        if not faults:
            decision = _decided(actor, case, stage, days, found, faults)
    names = [*BEGIN, *given, *_added(request, words, faults), *_missing(decision, words)]
    context = {
        "days": days,
        "stage": stage,
        "stages": STAGES,
        "fields": [
            _field(name, entry, given.get(name, ""), faults.pop(name, ""))
            for name in dict.fromkeys(names)
            if (entry := entry_named(name, words)) is not None
        ],
        "faults": list(faults.values()),
        "decision": decision,
        "ways": _ways(decision),
        "stopped": _findings(decision, "fail", "unknown"),
        "passed": _findings(decision, "pass"),
        "offered": offered,
        "assumed": assumed,
        "words": sorted(_names(words)),
        "products": visible(actor, Product).order_by("pk").values_list("name", flat=True)[:MOST],
    }
    status = status_of(days.errors or faults or any(one["error"] for one in context["fields"]))
    return render(request, "web/law_try.html", context, status=status)


def _case(given: dict[str, str], words: Vocabulary, faults: dict[str, str]) -> dict[str, Any]:
    """Dotted names and what was written for them, as the nested facts of a case."""
    case: dict[str, Any] = {"id": "tried"}
    for name, text in given.items():
        entry = entry_named(name, words)
        if not text or entry is None:
            continue
        value = _value(entry, text)
        if value is None:
            faults[name] = _("Write a number.")
            continue
        *path, last = name.split(".")
        at = case
        for part in path:
            at = at.setdefault(part, {})
        at[last] = value
    return case


def _value(entry: Entry, text: str) -> Any:
    """What was written, by the type that its name has; None: it is no number."""
    if entry.type == "bool":
        return text == "true"
    if entry.type == "texts":
        return [part.strip() for part in text.split(",") if part.strip()]
    if entry.type != "number":
        return text
    try:
        found = Decimal(text.replace(",", "").replace(" ", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _decided(
    actor: Actor, case: dict[str, Any], stage: Any, days: Days, found: law.Law | None,
    faults: dict[str, str],
) -> dict[str, Any] | None:  # fmt: skip
    """The decision as the actor may see it; None: the facts have faults, which are added."""
    if found is None:
        reader = law.reader_on(days.at, days.known)
        decider = law.decider_on(days.at, days.known)
    else:
        reader = CaseReader(law.library().checked, found.vocabulary)
        decider = Decider(found, law.library().claims)

    def locate(path: Any = ()) -> Place:
        return Place(".".join(map(str, path)) or "case")

    try:
        read = reader.read(case, 1, locate)
    except BadInputError as error:
        for one in error.faults:
            name = _nearest_name(one.place.file, found or law.law_on(days.at, days.known))
            faults[name] = translated(one.says)
        return None
    return shown(decider.decide(read, stage=stage), actor)


def _nearest_name(place: str, found: law.Law) -> str:
    return place if entry_named(place, found.vocabulary) is not None else f"?{place}"


def _added(request: HttpRequest, words: Vocabulary, faults: dict[str, str]) -> list[str]:
    """A fact that is to have a field."""
    name = request.GET.get("add", "").strip()[:LONGEST]
    if not name:
        return []
    if entry_named(name, words) is None:
        faults["add"] = said_of(name, translated(words.near(name)))
        return []
    return [name]


def _missing(decision: dict[str, Any] | None, words: Vocabulary) -> list[str]:
    """The facts that a decision lacked, in the order in which its findings name them."""
    if decision is None:
        return []
    lacked = [name for one in decision["findings"] for name in one["missing"]]
    return [name for name in dict.fromkeys(lacked) if entry_named(name, words) is not None][:30]


def _field(name: str, entry: Entry, value: str, error: str) -> dict[str, Any]:
    own = sentence(entry.meaning) if entry.name not in vocabulary().entries else None
    return {
        "name": f"{BEFORE}{name}",
        "word": name,
        "type": entry.type,
        "unit": unit_name(entry.unit),
        "meaning": own.shown if own is not None else meaning(entry),
        "values": entry.values,
        "value": value,
        "error": error,
    }


def _names(words: Vocabulary) -> set[str]:
    """Every name that a case may give."""
    plain = {name for name in words.entries if not name.startswith("licence.")}
    of_licence = [name.partition(".")[2] for name in words.entries if name.startswith("licence.")]
    return plain | {f"licence.{gate}.{rest}" for gate in GATES for rest in of_licence}


def _ways(decision: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What would open each gate, in plain words."""
    found = kept_first(decision) if decision is not None else []
    return [one | {"changes": [in_plain(x) for x in one["changes"]]} for one in found[:MOST_WAYS]]


def _findings(decision: dict[str, Any] | None, *outcomes: str) -> list[dict[str, Any]]:
    found = decision["findings"] if decision is not None else []
    return [one | {"lacks": [name_in_words(name) for name in one["missing"]]}
            for one in found if one["outcome"] in outcomes]  # fmt: skip
