"""The tables of a regime file: every key, how its value is read, and what it says.

One table for the reader, for the JSON Schema of editors (`schema`), and for the mends in messages.
A key that is not here is unknown.
"""

from __future__ import annotations

from interlock.law.model import STAGES
from interlock.law.reading.chinese_tables import CHINESE
from interlock.law.reading.kinds import DOTTED, UNDERSCORES, Choice, Date, Flag, Id, Text, Unit
from interlock.law.reading.numbers import MAX_PLACES, Cel, Duration, Number, Scalar
from interlock.law.reading.shapes import Either, Key, Listed, OneOf, Shape, Table
from interlock.law.vocabulary import KEY_HOLDERS, TYPES, WORLDS, vocabulary

STATUSES = ("proposed", "in_force", "suspended", "withdrawn", "not_enforced")
DRAW_STAGES = ("allocation", "shipment", "entry", "use")
RETURNS = ("returned_to_exporter", "re_exported", "destroyed", "cancelled")
PERIODS = ("year", "quarter", "month", "day")
PARAMETER_TYPES = ("decimal", "integer", "text", "date", "bool")
GRADE = Choice("grade (Admiralty code)", tuple(a + b for a in "ABCDEF" for b in "123456"))

_STAGE = Choice("stage", STAGES)
_HOLDER = Choice("holder of the key", KEY_HOLDERS)
_ROLE = Choice("role", tuple(vocabulary().roles))
_ID = Id()
_PLACES = Number(low=0, high=MAX_PLACES, places=0, noun="a whole number")

SAYS = Key("says", Text(), "the legal words in one sentence")
UNIT = Key("unit", Unit(), "the unit, e.g. chip, TPP or USD/chip")
PLACES = Key("places", _PLACES, f"decimal places kept, 0 to {MAX_PLACES}")
WHEN = Key("when", Cel(), "an expression: whom and what it covers")
FROM = Key("from", Date(), "the first day", required=True)
UNTIL = Key("until", Date(), "the first day on which it no longer holds")
PUBLIC = Key("public", Date(), "the day from which everybody could know it")
RESTS = (
    Key("source", _ID, "id of the law source it rests on"),
    Key("sources", Listed(_ID, "source", unique=True), "ids of the law sources it rests on"),
    Key("claims", Listed(_ID, "claim", single=True, unique=True), "ids of the claims it rests on"),
)
ASSUMPTION = Key("assumption", Flag(), "true where it rests on nothing but our own assumption")
ONE_SOURCE = OneOf(("source", "sources"), why="write one list: 'sources: [...]'")
VISIBLE = Key(
    "visible_to",
    Listed(Choice("reader", ("public", "holder"), prefix="officer:"), "reader", unique=True),
    "who may read it: public, holder, officer:<gate>",
)

_SPELL = (FROM, UNTIL, PUBLIC)
IN_FORCE = Shape("in_force", _SPELL)
STATEMENT = Shape(
    "statement",
    (Key("is", Choice("status", STATUSES), "the status", required=True), *_SPELL, *RESTS),
    (ONE_SOURCE,),
)
BINDS = (
    Key("in_force", IN_FORCE, "the days on which it binds"),
    Key("version", _ID, "the version of this regime whose days it shares"),
    Key("status", Listed(STATEMENT, "statement"), "dated statements: is, from, until"),
)
ONE_TIMELINE = OneOf(
    ("in_force", "version", "status"), why="keep one of them: each says when it binds"
)
_ITEM = (SAYS, *RESTS, ASSUMPTION, *BINDS)
_ITEM_RULES = (ONE_SOURCE, ONE_TIMELINE)

SOURCE = Shape(
    "source",
    (
        Key("cite", Text(), "how the text is cited, e.g. 91 FR 1684", required=True),
        Key("title", Text(), "its title"),
        Key("published", Date(), "the day on which it was published", required=True),
        Key("grade", GRADE, "its grade in the Admiralty code; A1 unless stated"),
        Key("url", Text(), "where it can be read"),
    ),
)
DATED_NOTE = Shape(
    "dated_note",
    (Key("date", Date(), "the day", required=True), PUBLIC, *RESTS),
    (ONE_SOURCE,),
)
_NOTE = Either(DATED_NOTE, Date())
VERSION = Shape(
    "version",
    (
        Key("title", Text(), "what the version is called"),
        Key("effective", Date(), "the day on which it came into the code"),
        Key("compliance_from", Date(), "the day from which it must be obeyed"),
        UNTIL,
        Key("proposed", _NOTE, "the day on which it was proposed"),
        Key("not_enforced_from", _NOTE, "the day from which it is not enforced"),
        Key("withdrawn", _NOTE, "the day on which it was withdrawn"),
        PUBLIC,
        *RESTS,
        ASSUMPTION,
    ),
    (ONE_SOURCE,),
)
NAME = Shape(
    "name",
    (
        Key("type", Choice("type", TYPES), f"one of {', '.join(TYPES)}", required=True),
        UNIT,
        PLACES,
        Key("world", Choice("world", WORLDS), "open: unknown when not given; closed: then false"),
        Key("key", _HOLDER, "who can change it"),
        Key("stage", _STAGE, "the stage from which it is known"),
        Key("meaning", Text(), "what it means, in a few words", required=True),
        Key("values", Listed(Text(), "value", unique=True), "the only texts it may hold"),
    ),
)
VALUE = Shape(
    "value",
    (
        *_SPELL,
        Key(
            "value",
            Listed(Scalar(), "value", single=True, empty=True, unique=True),
            "the value",
            required=True,
        ),
        *RESTS,
        ASSUMPTION,
    ),
    (ONE_SOURCE,),
)
PARAMETER = Shape(
    "parameter",
    (
        SAYS,
        UNIT,
        PLACES,
        VISIBLE,
        Key("values", Listed(VALUE, "value"), "the dated values", required=True),
    ),
)
ENTRY = Shape(
    "entry",
    (
        Key("party", Text(), "the party's name or id", required=True),
        Key(
            "aliases", Listed(Text(), "alias", empty=True, unique=True), "other names of the party"
        ),
        *_SPELL,
        *RESTS,
        ASSUMPTION,
    ),
    (ONE_SOURCE,),
)
PARTY_LIST = Shape(
    "list",
    (
        Key("title", Text(), "what the list is called"),
        Key("entries", Listed(ENTRY, "entry"), "the parties with their dates", required=True),
    ),
)
PARTY_FACT = Shape(
    "party_fact",
    (
        Key("kind", Choice("kind", ("listed", "owned")), "listed or owned", required=True),
        Key("of", Listed(_ROLE, "role", single=True, unique=True), "roles asked", required=True),
        Key("lists", Listed(_ID, "list", single=True, unique=True), "lists used", required=True),
        Key(
            "at_least",
            Number(low=0, high=1, above=True, noun="a share, e.g. 0.50"),
            "the share from which a party is owned, e.g. 0.50",
        ),
        VISIBLE,
        *_ITEM,
    ),
    _ITEM_RULES,
)
CASE = Shape(
    "case",
    (
        Key("when", Cel(), "an expression; left out, the case always holds"),
        Key("is", Scalar(), "a constant"),
        Key("value", Cel(), "an expression that gives the value"),
        *RESTS,
        *BINDS,
    ),
    (OneOf(("is", "value"), needed=True), *_ITEM_RULES),
)
_CASES = Listed(CASE, "case")
FACT = Shape(
    "fact",
    (
        SAYS,
        UNIT,
        PLACES,
        Key("overridden_by", Id(DOTTED), "a name that gives the fact where it is on file"),
        Key("cases", _CASES, "the cases; the first that holds gives the fact", required=True),
        VISIBLE,
        *RESTS,
        ASSUMPTION,
        *BINDS,
    ),
    _ITEM_RULES,
)
WAIVER = Shape(
    "waiver",
    (
        Key("by", Listed(_ID, "authority", single=True, unique=True), "who may waive", True),
        Key(
            "consent_of",
            Listed(_ID, "authority", single=True, unique=True),
            "whose recorded consent it takes",
        ),
    ),
)
_WAIVER = Key("waiver", WAIVER, "who may waive it")
_STAGE_KEY = Key("stage", Listed(_STAGE, "stage", single=True, unique=True), "when it must hold")
_REQUIRE = Key("require", Cel(), "an expression that must hold")
_UNDISCLOSED = Key("undisclosed", Flag(), "true where its text is not public")
RULE = Shape(
    "rule",
    (
        Key("stage", _STAGE_KEY.kind, f"when it must hold, of {', '.join(STAGES)}", True),
        WHEN,
        _REQUIRE,
        _UNDISCLOSED,
        Key("opened_by", _HOLDER, "who can make it pass"),
        _WAIVER,
        VISIBLE,
        *_ITEM,
    ),
    (
        OneOf(("require", "undisclosed"), True, "keep 'undisclosed' for a rule without a text"),
        *_ITEM_RULES,
    ),
)
EXCEPTION = Shape(
    "exception",
    (
        Key("lifts", Listed(_ID, "rule", single=True, unique=True), "the rules it lifts", True),
        Key("when", Cel(), "an expression: the cases for which it lifts them", required=True),
        VISIBLE,
        *_ITEM,
    ),
    _ITEM_RULES,
)
_EVENT = Choice("event", tuple(vocabulary().events))
CREDIT = Shape(
    "credit",
    (
        Key("on", _EVENT, "the event that fills the account", required=True),
        Key("amount", Cel(), "an expression: account units given", required=True),
        WHEN,
    ),
)
_DRAW_STAGE = Choice("stage of a draw", DRAW_STAGES)
DRAW = Shape(
    "draw",
    (
        Key("reserve", _DRAW_STAGE, "the stage at which units are reserved", required=True),
        Key("post", _DRAW_STAGE, "the stage at which the reservation is posted", required=True),
        Key("factor", Cel(), "account units drawn for each unit of the good", required=True),
    ),
)
TOLERANCE = Shape(
    "tolerance",
    (
        Key(
            "share",
            Number(low=0, high=1, above=True, noun="a share, e.g. 0.10"),
            "the share of the base, e.g. 0.10",
            required=True,
        ),
        Key("of", Choice("base", ("grant", "unshipped")), "the base: grant or unshipped"),
        Key("at", Choice("moment", ("post",)), "only at posting"),
        Key("closes_when_posted", _ID, "the account that ends it once it is all posted"),
    ),
)
MAY_OWE = Shape(
    "may_owe",
    (
        Key("amount", Number(low=0, above=True), "account units that may be owed", required=True),
        Key("within", Duration(), "how long, e.g. P180D", required=True),
    ),
)
PERIOD = Shape(
    "period",
    (
        Key("each", Choice("period", PERIODS), f"one of {', '.join(PERIODS)}", required=True),
        Key("carry_over", Flag(), "true where the rest goes on to the next period"),
    ),
)
PARENT = Shape(
    "parent",
    (
        Key("account", _ID, "the account that this is a part of", required=True),
        Key("factor", Number(low=0, above=True), "drawn there for each unit drawn here"),
    ),
)
_ACCOUNT_KEYS = (
    Key(
        "per", Listed(Text(), "key", empty=True, unique=True), "its keys; [] for one account", True
    ),
    Key("unit", Unit(), "the account's unit, e.g. half-chip", required=True),
    PLACES,
    Key("when", Cel(), "an expression: which order lines draw on it"),
    Key("credit", Listed(CREDIT, "credit", single=True), "what fills it: on, amount", True),
    Key("draw", DRAW, "what is drawn: reserve, post, factor", required=True),
    Key("floor", Number(places=0, noun="a whole number"), "what it may not fall under; 0"),
    Key("tolerance", TOLERANCE, "how far the last draw may pass the grant"),
    Key("may_owe", MAY_OWE, "how much may be owed, and for how long"),
    Key("window", Duration(), "after what time a posted draw comes back, e.g. P30D"),
    Key("period", Either(PERIOD, PERIOD.keys[0].kind), "the period by which it is keyed"),
    Key(
        "restored_by",
        Listed(Choice("kind of return", RETURNS), "return", single=True, unique=True),
        "the returns that give headroom back",
    ),
    Key("parent", PARENT, "the account that this is a part of"),
    Key("shuts", Choice("scope", ("holder", "account")), "whose draws a discrepancy shuts"),
    VISIBLE,
)
ACCOUNT = Shape("account", (*_ACCOUNT_KEYS, _WAIVER, *_ITEM), _ITEM_RULES)
CONDITION_ACCOUNT = Shape("condition_account", _ACCOUNT_KEYS)
CONDITION_PARAMETER = Shape(
    "condition_parameter",
    (
        Key("type", Choice("type", PARAMETER_TYPES), f"one of {', '.join(PARAMETER_TYPES)}", True),
        UNIT,
        PLACES,
        Key("min", Number(), "the least value"),
        Key("max", Number(), "the greatest value"),
        Key("default", Scalar(), "the value where a licence sets none"),
        SAYS,
    ),
)
CONDITION = Shape(
    "condition",
    (
        Key(
            "parameters",
            Table(CONDITION_PARAMETER, "parameter", UNDERSCORES),
            "what each licence sets for itself",
        ),
        _STAGE_KEY,
        WHEN,
        _REQUIRE,
        Key("account", CONDITION_ACCOUNT, "the account that the condition opens"),
        _WAIVER,
        VISIBLE,
        *_ITEM,
    ),
    _ITEM_RULES,
)
CRITERION = Shape(
    "criterion",
    (SAYS, Key("points", Cel(), "an expression: the points it gives"), _UNDISCLOSED),
    (OneOf(("points", "undisclosed"), True, "keep 'undisclosed' for a criterion without a text"),),
)
ROUND = Shape(
    "round",
    (
        Key("score", Table(CRITERION, "criterion"), "the criteria with their points"),
        Key("floor", Cel(), "the fewest points with which an application is placed"),
        Key("places", Cel(), "the most applications placed"),
        Key("quota", Cel(), "the most units placed"),
        VISIBLE,
        *_ITEM,
    ),
    _ITEM_RULES,
)
REGIME = Shape(
    "regime",
    (
        Key("regime", _ID, "the regime's id, e.g. us-advanced-computing", required=True),
        Key("title", Text(), "what the regime is called", required=True),
        Key("authority", _ID, "id of the authority, e.g. us-bis", required=True),
        Key("gate", _ID, "the gate it guards: export, import, supply, customs", required=True),
        Key("timezone", Text(), "an IANA name, e.g. America/New_York", required=True),
        VISIBLE,
        Key("claims", Text(), "path of a claims file, from this file's folder"),
        Key("sources", Table(SOURCE, "source"), "the law texts"),
        Key("versions", Table(VERSION, "version"), "named versions of the regime"),
        Key("vocabulary", Table(NAME, "name", DOTTED), "names that this regime adds"),
        Key("parameters", Table(PARAMETER, "parameter", UNDERSCORES), "dated values"),
        Key("applies", Cel(), "an expression: whom and what the regime covers at all"),
        Key("lists", Table(PARTY_LIST, "list"), "dated party lists"),
        Key("party_facts", Table(PARTY_FACT, "party fact", UNDERSCORES), "facts about parties"),
        Key("facts", Table(Either(FACT, _CASES), "fact", UNDERSCORES), "derived facts"),
        Key("rules", Table(RULE, "rule"), "what must hold"),
        Key("exceptions", Table(EXCEPTION, "exception"), "what lifts rules"),
        Key("conditions", Table(CONDITION, "condition"), "kinds of condition of a licence"),
        Key("accounts", Table(ACCOUNT, "account"), "how much may pass"),
        Key("rounds", Table(ROUND, "round"), "how applications are scored and placed"),
        Key("chinese", CHINESE, "what pages say of it in Chinese; it binds nothing"),
    ),
)
