"""The tables of a scenario file: every key, how its value is read, and what it says.

One table for the reader, for the JSON Schema of editors and for the mends in messages.
"""

from __future__ import annotations

from interlock.lab.model import LAB_RULES
from interlock.lab.reading.kinds import CaseFacts, Distribution
from interlock.law.reading.kinds import UNDERSCORES, Choice, Date, Flag, Id, Text
from interlock.law.reading.numbers import Duration, Number, Scalar
from interlock.law.reading.shapes import Key, Listed, OneOf, Shape, Table
from interlock.law.vocabulary import vocabulary

_ID = Id()
_SHARE = Number(low=0, high=1, noun="a chance from 0 to 1")
_COUNT = Number(low=0, places=0, noun="a whole number")
_DAYS = Distribution(0, 36_500)
_UNITS = Distribution(0, 1e12)

RESTS = (
    Key("source", _ID, "id of the source it rests on"),
    Key("sources", Listed(_ID, "source", unique=True), "ids of the sources it rests on"),
    Key("assumption", Flag(), "true where it rests, in whole or part, on our own assumption"),
    Key("note", Text(), "what one should know"),
)
ONE_SOURCE = OneOf(("source", "sources"), why="write one list: 'sources: [...]'")
_CASE = Key("case", CaseFacts(), "facts of its order lines, as a case gives them")
_FROM = Key("from", Date(), "the first day; the scenario's unless given")
_UNTIL = Key("until", Date(), "the first day on which no more come; the scenario's end")
_FIRMS = Key("firms", Listed(_ID, "firm", unique=True), "whose lines it is for; all unless given")

SOURCE = Shape(
    "source",
    (
        Key("title", Text(), "its title", required=True),
        Key("publisher", Text(), "who published it"),
        Key("url", Text(), "where it can be read"),
        Key("licence", Text(), "under which licence"),
    ),
)
PARTY = Shape(
    "party",
    (
        Key("id", _ID, "the party's id", required=True),
        Key("name", Text(), "its name"),
        Key("country", Text(), "country where it is (ISO 3166 alpha-2)"),
        Key("headquarters", Text(), "country of its headquarters"),
        Key("ultimate_parent_country", Text(), "country of its ultimate parent"),
    ),
)
PRODUCT = Shape(
    "product",
    (
        Key("name", Text(), "its name in the catalogue, e.g. H200 SXM", required=True),
        Key("lot", Number(low=1, places=0), "units are ordered and shared in multiples of it; 1"),
        Key("compute", Number(low=0), "what one unit counts for in the scenario's compute unit; 1"),
        Key("price_usd", Number(low=0), "price of one unit in US dollars"),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
FIRM = Shape(
    "firm",
    (
        *PARTY.keys[1:],
        Key("tier", Number(low=1, high=1000, places=0), "lower tiers are served first; 1"),
        Key("weight", Number(low=0, above=True), "weight of its lines under the rule weighted; 1"),
        Key("value", Number(low=0), "what a unit of compute is worth to it; 1"),
        _CASE,
        *RESTS,
    ),
    (ONE_SOURCE,),
)
DEMAND = Shape(
    "demand",
    (
        Key("firm", _ID, "who orders", required=True),
        Key("product", _ID, "what", required=True),
        Key("size", _UNITS, "units in a line", required=True),
        Key("lines", _COUNT, "so many lines at even chances from 'from' until 'until'"),
        Key("per_year", Number(low=0), "lines a year, at random times (a Poisson process)"),
        Key("every", Duration(), "one line each so many days, e.g. P7D"),
        _FROM,
        _UNTIL,
        Key("patience", _DAYS, "days after which what is not allocated is cancelled"),
        Key("least", _SHARE, "share of a line below which an allocation is refused; 0"),
        _CASE,
        *RESTS,
    ),
    (
        ONE_SOURCE,
        OneOf(("lines", "per_year", "every"), True, "keep one of them: each says how many come"),
    ),
)
FLOW = Shape(
    "flow",
    (
        Key("event", Choice("event", tuple(vocabulary().events)), "what it is", required=True),
        Key("product", _ID, "of which product", required=True),
        Key("quantity", _UNITS, "units each time", required=True),
        Key("level", Distribution(0, 1e6), "drawn once a run; multiplies every quantity; 1"),
        Key("every", Duration(), "how often, e.g. P7D; once unless given"),
        _FROM,
        _UNTIL,
        Key("case", CaseFacts(), "facts of the event, as a case gives them"),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
CONDITION = Shape(
    "licence_condition",
    (
        Key(
            "status",
            Choice("status", ("drafted", "proposed", "agreed", "in_force", "waived", "withdrawn")),
            "its status; in_force unless given",
        ),
        Key("parameters", Table(Scalar(), "parameter", UNDERSCORES), "its parameters"),
    ),
)
_CONDITIONS = Key("conditions", Table(CONDITION, "condition"), "the conditions it carries")
_GATE = Key("gate", _ID, "whose licence it is: export, import", required=True)
_PRODUCTS = Key("products", Listed(_ID, "product", unique=True), "which products; all unless given")
_CHANCE = Key("chance", _SHARE, "chance that it is issued; 1")
_AFTER = Key("after", _DAYS, "days from then until it is issued; 0")
_FACTS = Key("facts", CaseFacts(), "more facts of it, e.g. {valid_until: 2030-01-26}")
LICENCE = Shape(
    "licence",
    (
        _GATE,
        _FIRMS,
        Key("each", Flag(), "true: one licence for each firm; else they share one quantity"),
        _PRODUCTS,
        Key("quantity", _UNITS, "units granted", required=True),
        Key("issued", Date(), "the day; the scenario's first unless given"),
        _AFTER,
        _CHANCE,
        _CONDITIONS,
        _FACTS,
        *RESTS,
    ),
    (ONE_SOURCE,),
)
ROUND = Shape(
    "round",
    (
        _GATE,
        _FIRMS,
        _PRODUCTS,
        Key("first", Date(), "the day of the first round", required=True),
        Key("every", Duration(), "how often; one round unless given"),
        Key("last", Date(), "the last day on which a round may be; the scenario's end"),
        Key("quantity", _UNITS, "units granted to each firm approved", required=True),
        _AFTER,
        Key("chance", _SHARE, "chance of a firm to be approved: undisclosed criteria as a number"),
        Key("chances", Table(_SHARE, "firm"), "chances of single firms"),
        Key("places", _COUNT, "firms approved in a round at most"),
        Key("quota", _COUNT, "units granted in a round at most"),
        _CONDITIONS,
        _FACTS,
        *RESTS,
    ),
    (ONE_SOURCE,),
)
SHOCK = Shape(
    "shock",
    (
        Key("starts", Date(), "from this day on; the scenario's first unless given"),
        Key("after", _DAYS, "days from then until it begins; 0"),
        Key("chance", _SHARE, "chance that it happens at all; 1"),
        Key("lasts", _DAYS, "days that it lasts; to the end unless given"),
        Key("again", _DAYS, "days after its end until it comes again; never unless given"),
        Key("regimes", Listed(Text(), "file", unique=True), "regime files that bind meanwhile"),
        Key("without", Listed(_ID, "regime", unique=True), "regimes that do not bind meanwhile"),
        Key("assume", Listed(_ID, "id", unique=True), "proposed versions that bind meanwhile"),
        Key("case", CaseFacts(), "facts that hold meanwhile, as a case gives them"),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
BEHAVIOUR = Shape(
    "behaviour",
    (
        Key("orders", _SHARE, "chance that an approved line becomes an order; 1"),
        Key(
            "hardness",
            Table(Table(Number(low=0), "parameter", UNDERSCORES), "condition"),
            "condition -> parameter -> how far one unit of it lowers the log-odds of 'orders'",
        ),
        Key("lead_days", _DAYS, "days from allocation to shipment; 0"),
        Key("transit_days", _DAYS, "days from shipment to the border; 0"),
        Key("customs_days", _DAYS, "days at the border; 0"),
        Key("overrun", Distribution(0, 1), "share by which a shipment may pass its reservation; 0"),
        Key("returns", _SHARE, "chance that a delivery goes back; 0"),
        Key("return_days", _DAYS, "days until it goes back; 0"),
        Key(
            "way",
            Choice("way back", ("returned_to_exporter", "re_exported", "destroyed", "cancelled")),
            "which way; returned_to_exporter",
        ),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
LIMIT = Shape(
    "limit",
    (
        Key("stock", _UNITS, "what there is at the start, until it is used; 0"),
        Key("per_year", _UNITS, "what is added in a year; 0"),
        Key("per_chip", Number(low=0, above=True), "what one chip takes; 1"),
        Key("stored", Flag(), "true where what comes and is not used is kept"),
        Key(
            "ramp",
            Listed(
                Shape(
                    "ramp",
                    (
                        Key("from", Date(), "the first day", required=True),
                        Key("times", Number(low=0), "the rate is multiplied by it", required=True),
                    ),
                ),
                "step",
            ),
            "from which day on the rate is how many times the stated one",
        ),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
DOMESTIC = Shape(
    "domestic",
    (
        Key("product", CaseFacts(), "the domestic product, as a case gives it", required=True),
        Key("compute", Number(low=0), "what one counts for in the scenario's compute unit; 1"),
        Key("limits", Table(LIMIT, "limit"), "what bounds production; nothing unless given"),
        Key("wants", Table(_UNITS, "firm"), "chips that a firm buys anyway, for each year"),
        Key("compliance", _SHARE, "share of what conditions ask for that firms set out to buy; 1"),
        Key("accepted_days", _DAYS, "days until the evidence is accepted; 0"),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
SHARING = Shape(
    "sharing",
    (
        Key("rule", Choice("rule", LAB_RULES), f"one of {', '.join(LAB_RULES)}", required=True),
        Key("every", Duration(), "how often it is shared; each step unless given"),
        Key("expires", Duration(), "how long a reservation holds; until used unless given"),
        *RESTS,
    ),
    (ONE_SOURCE,),
)
VARIANT = Shape(
    "variant",
    (
        Key("says", Text(), "what is different"),
        Key("set", CaseFacts(), "path of a value, with dots -> another value", required=True),
    ),
)
LAW = Shape(
    "scenario_law",
    (
        Key("known", Date(), "law as known on this day; else on each day what was public then"),
        Key("assume", Listed(_ID, "id", unique=True), "proposed versions that bind"),
    ),
)
SCENARIO = Shape(
    "scenario",
    (
        Key("scenario", _ID, "the scenario's id", required=True),
        Key("title", Text(), "what it is called", required=True),
        Key("says", Text(), "what it asks, in a sentence or two"),
        Key("start", Date(), "the first day", required=True),
        Key("end", Date(), "the first day that is no longer played", required=True),
        Key("step", Duration(), "length of a step, e.g. P7D; P1D"),
        Key("runs", Number(low=1, high=10_000_000, places=0), "runs unless asked otherwise; 1000"),
        Key("seed", Number(low=0, places=0), "seed unless asked otherwise; 1"),
        Key("regimes", Listed(Text(), "path", unique=True), "regime files or folders", True),
        Key("law", LAW, "which law counts"),
        Key("compute_unit", Text(), "unit of compute, e.g. H100e; chip"),
        Key("discount_per_year", _SHARE, "how much a year of waiting takes off the worth; 0"),
        Key("sources", Table(SOURCE, "source"), "the sources"),
        Key("exporter", PARTY, "who exports"),
        Key("case", CaseFacts(), "facts of every order line, as a case gives them"),
        Key("products", Table(PRODUCT, "product"), "what is ordered", required=True),
        Key("firms", Table(FIRM, "firm"), "who orders", required=True),
        Key("demand", Table(DEMAND, "demand"), "order lines", required=True),
        Key("supply", Table(FLOW, "flow"), "what credits accounts"),
        Key("licences", Table(LICENCE, "licence"), "licences"),
        Key("rounds", Table(ROUND, "round"), "rounds of applications"),
        Key("behaviour", BEHAVIOUR, "what firms and carriers do"),
        Key("domestic", DOMESTIC, "domestic chips"),
        Key("sharing", SHARING, "how scarce units are shared", required=True),
        Key("shocks", Table(SHOCK, "shock"), "changes of law that come and go"),
        Key("variants", Table(VARIANT, "variant"), "the same with other values"),
    ),
)
