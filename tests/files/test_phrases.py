"""Phrases: plain texts to whoever reads them as such, that know their sentence and their values."""

from __future__ import annotations

import copy
import json
import pickle
import sqlite3

from interlock.files.phrases import Phrase, phrase, phrases, verbatim


def test_a_phrase_is_its_plain_text() -> None:
    one = phrase("'{name}' has {left} left, {{so}}", name="a{b}", left=3)
    assert one == "'a{b}' has 3 left, {so}"
    assert json.dumps({"says": one}) == json.dumps({"says": "'a{b}' has 3 left, {so}"})
    assert sqlite3.connect(":memory:").execute("SELECT ?", (one,)).fetchone() == (str(one),)
    assert type(str(one)) is str
    assert (one.sentence, dict(one.values)) == (
        "'{name}' has {left} left, {{so}}", {"name": "a{b}", "left": 3},
    )  # fmt: skip


def test_several_in_a_row_keep_their_parts() -> None:
    one = phrases([phrase("{n} left", n=1), "b", 3], " or ")
    assert one == "1 left or b or 3"
    assert one.parts == ("1 left", "b", "3")
    assert isinstance(one.parts[0], Phrase)
    assert phrase("one of: {names}", names=phrases(["a", "b"])) == "one of: a, b"


def test_a_text_of_others_is_told_as_it_stands() -> None:
    one = verbatim("{ not a sentence }")
    assert one == "{ not a sentence }"
    assert not one.sentence


def test_a_copy_knows_what_it_was_made_of_too() -> None:
    one = phrases([phrase("{n} {{left}}", n=1)], "; ")
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert (again.parts, again.between) == (one.parts, one.between)
        assert again.parts[0].sentence == "{n} {{left}}"
