"""One pass over a faulty file tells all its faults: those of form, and those of meaning beside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from interlock.files import BadInputError, Faults
from interlock.law.compiling.checker import check_regime
from interlock.law.library import load_regimes
from interlock.law.reading.regime import collect_regimes
from interlock.law.reading.schema import regime_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BROKEN = sorted((Path(__file__).parents[1] / "bad" / "regime").glob("*.yaml"))

FAULTY = """\
regime: two
title: Two
authority: us-bis
gate: export
timezone: Asia/Shanghai
sources:
  s1: {cite: x, published: 2026-01-13, titel: nope}
vocabulary:
  crude.gravity: {type: numbr, meaning: gravity}
parameters:
  tpp_below: {unit: TPP, values: [{from: 2026-02-30, value: 21000, source: s1}]}
  names: {values: [{from: 2026-01-15, value: [a], source: s1}]}
facts:
  class:
    - {when: product.tp < tpp_below, is: a}
    - {is: b}
    - {is: c}
  later:
    - {when: class == 5, is: true}
    - {is: false}
rules:
  by-stage:
    stage: shipmnt
    require: product.tpp + product.dram_bandwidth_gbps > 5
    source: s1
  by-name:
    stage: shipment
    require: order.destnation == "CN" && crude.gravity < 20 && class == 7
    source: s9
  by-kind: {stage: order, require: order.quantity in names, source: s1}
accounts:
  quota:
    per: [licnce]
    unit: chip
    credit: {on: licence.issued, amount: licence.quantity}
    draw: {reserve: allocation, post: shipment, factor: licence.isued}
    source: s1
"""


def faults_of(path: Path) -> tuple[set[str], set[str]]:
    """Faults of form, and those found besides by the names, types and units."""
    faults = Faults()
    regimes = collect_regimes([path], faults)
    form = {str(fault) for fault in faults.found}
    for regime in regimes:
        check_regime(regime, faults)
    return form, {str(fault) for fault in faults.found} - form


def test_faults_of_form_hide_no_fault_of_meaning_and_make_up_none(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        load_regimes(path)
    told = [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]
    assert [one.split("; ")[0] for one in told] == [
        "7:40: unknown key 'titel'",
        "9:25: 'type' is 'numbr', no type",
        "11:42: '2026-02-30' is no date of the calendar",
        "15:14: unknown name 'product.tp'",
        "17:7: this case is never reached: the one on line 16 always holds",
        "23:12: 'stage' is 'shipmnt', no stage",
        "24:14: '+' joins TPP and GB/s",
        "28:14: unknown name 'order.destnation'",
        "29:13: 's9' is no source of this file",
        "30:36: 'in' asks for a number (chip) in a list of texts",
        "33:11: 'licnce' is no key of an account",
        "36:57: unknown name 'licence.isued'",
    ]


EXTRAS = {
    "condition-parameter-reserved": ["unknown name 'most'"],
    "condition-parameter-style": ["unknown name 'most'"],
    "condition-placeholder": ["chip is compared with no unit"],
    "exception-no-lifts": ["unknown name 'eccn'"],
    "exception-unknown-rule": ["unknown name 'eccn'"],
}
"""What is wrong with files of the corpus besides the form for which they stand there."""


def test_nothing_is_said_of_what_hangs_on_a_faulty_item() -> None:
    found = {}
    for path in BROKEN:
        form, meaning = faults_of(path)
        assert form, path
        if meaning:
            found[path.stem] = [one.split(": ")[1].split("; ")[0] for one in sorted(meaning)]
    assert found == EXTRAS


WORDS = {key for shape in regime_schema()["$defs"].values() for key in shape.get("properties", ())}
KEY = re.compile(r"^(?:[a-z_]{4,}(?=:))|(?<=[ {])[a-z_]{4,}(?=: |:$)")


def slips_of(text: str) -> Iterator[tuple[str, str]]:
    """A file with one key misspelt, for each key of each section: which, and the text."""
    lines, seen, section = text.splitlines(), set[tuple[str, str]](), ""
    for number, line in enumerate(lines):
        for found in KEY.finditer(line):
            key = found[0]
            section = section if found.start() else key
            if key in WORDS and (section, key) not in seen:
                seen.add((section, key))
                end = found.end()
                slip = line[: end - 2] + line[end - 1] + line[end - 2] + line[end:]
                yield f"{section}: {key}", "\n".join([*lines[:number], slip, *lines[number + 1 :]])


@pytest.mark.parametrize("name", ["us-diffusion-2025", "us-crude-offset-1995"])
def test_nothing_follows_from_a_key_that_is_misspelt(tmp_path: Path, name: str) -> None:
    path, tried = tmp_path / f"{name}.yaml", 0
    for slip, text in slips_of((ROOT / "regimes" / path.name).read_text(encoding="utf-8")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadInputError) as refused:
            load_regimes(path)
        (told,) = (str(fault) for fault in refused.value.faults)
        assert "unknown key" in told, slip
        tried += 1
    assert tried > 40
