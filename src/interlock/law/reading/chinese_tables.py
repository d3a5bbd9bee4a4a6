"""The tables of the section `chinese` of a regime file, as `tables` holds those of the others."""

from __future__ import annotations

from interlock.law.reading.kinds import DOTTED, UNDERSCORES, UNITS, Text
from interlock.law.reading.shapes import Key, Shape, Table

_WORDS = (
    Key("name", Text(), "what it is called, in a few words"),
    Key("says", Text(), "its sentence, with the placeholders of the English"),
)
TOLD = Shape("told", _WORDS)
TOLD_CONDITION = Shape(
    "told_condition",
    (*_WORDS, Key("parameters", Table(TOLD, "parameter", UNDERSCORES), "its parameters")),
)
TOLD_ROUND = Shape("told_round", (*_WORDS, Key("score", Table(TOLD, "criterion"), "its criteria")))
CHINESE = Shape(
    "chinese",
    (
        Key("title", Text(), "the title of the regime"),
        Key("units", Table(Text(), "unit", UNITS), "units of this file"),
        Key("versions", Table(TOLD, "version"), "versions"),
        Key("vocabulary", Table(TOLD, "name", DOTTED), "names that this regime adds"),
        Key("parameters", Table(TOLD, "parameter", UNDERSCORES), "dated values"),
        Key("lists", Table(TOLD, "list"), "party lists"),
        Key("party_facts", Table(TOLD, "party fact", UNDERSCORES), "facts about parties"),
        Key("facts", Table(TOLD, "fact", UNDERSCORES), "derived facts"),
        Key("rules", Table(TOLD, "rule"), "rules"),
        Key("exceptions", Table(TOLD, "exception"), "exceptions"),
        Key("conditions", Table(TOLD_CONDITION, "condition"), "kinds of condition"),
        Key("accounts", Table(TOLD, "account"), "accounts"),
        Key("rounds", Table(TOLD_ROUND, "round"), "rounds"),
    ),
)
