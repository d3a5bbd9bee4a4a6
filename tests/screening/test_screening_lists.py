"""Reading list files: both forms the same, and every fault at its place."""

# ruff: noqa: E501 - a fault is one line, and so is a row of a table

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from interlock.files import BadInputError, Place
from interlock.screening import read_list

if TYPE_CHECKING:
    from pathlib import Path

YAML = """\
list: us-entity-list
title: Entity List
owned_at_least: 0.50
entries:
  - id: huawei
    name: Huawei Technologies Co., Ltd.
    aliases: [Huawei, 华为]
    type: company
    countries: [CN]
    identifiers: {lei: 300300F56Q6G5ENS0K86, Registration: 4403011}
    listed_on: 2019-05-16
    public: 2019-05-21
    delisted_on: 2030-01-01
    source: 84 FR 22961
  - id: sugon
    name: Sugon
    listed_on: 2019-06-24
    source: 84 FR 29371
"""
CSV = """\
id,name,aliases,type,countries,identifiers,listed_on,public,delisted_on,source
huawei,"Huawei Technologies Co., Ltd.",Huawei;华为,company,CN,lei=300300F56Q6G5ENS0K86; Registration=4403011,2019-05-16,2019-05-21,2030-01-01,84 FR 22961
sugon,Sugon,,,,,2019-06-24,,,84 FR 29371
"""


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, name: str, text: str) -> list[str]:
    path = put(folder, name, text)
    with pytest.raises(BadInputError) as caught:
        read_list(path)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_yaml_and_csv_give_the_same_entries(tmp_path: Path) -> None:
    one = read_list(put(tmp_path, "list.yaml", YAML))
    other = read_list(put(tmp_path, "us-entity-list.csv", CSV))
    assert (one.id, one.title, one.owned_at_least) == (
        "us-entity-list", "Entity List", Decimal("0.50"),
    )  # fmt: skip
    assert (other.id, other.title, other.owned_at_least) == ("us-entity-list", "", None)
    nowhere = Place("")
    entries = [[replace(e, place=nowhere) for e in found.entries] for found in (one, other)]
    assert entries[0] == entries[1]
    huawei, sugon = one.entries
    assert huawei.identifiers == {"lei": "300300F56Q6G5ENS0K86", "registration": "4403011"}
    assert huawei.aliases == ("Huawei", "华为")
    assert (sugon.public, sugon.delisted_on, sugon.type) == (dt.date(2019, 6, 24), None, "")
    assert (huawei.place.line, other.entries[1].place.line) == (5, 3)


def test_every_fault_of_a_yaml_list_is_told_at_once(tmp_path: Path) -> None:
    text = """\
list: us list
owned_at_least: 50
entries:
  - id: a
    name: A
    typ: company
    type: compny
    countries: [CN, China]
    identifiers: [x]
    listed_on: soon
    source: s
  - id: a
    name: B
    identifiers: {lei: }
    listed_on: 2020-01-02
    delisted_on: 2020-01-02
"""
    assert faults(tmp_path, "bad.yaml", text) == [
        "bad.yaml:1:7: 'us list' is no name for 'list'; write letters, digits and hyphens, such as us-entity-list",
        "bad.yaml:2:17: 'owned_at_least' is 50; write a share such as 0.50",
        "bad.yaml:6:5: unknown key 'typ'; did you mean 'type'?",
        "bad.yaml:7:11: 'compny' is no 'type'; did you mean 'company'?",
        "bad.yaml:8:21: 'China' is no country; write two capital letters (ISO 3166), e.g. CN",
        "bad.yaml:9:18: 'identifiers' is a list; write kinds with their values, as {lei: 5493...}",
        "bad.yaml:10:16: 'listed_on' is a text, not a date; write YYYY-MM-DD, without quotes",
        "bad.yaml:12:5: an entry lacks 'source'; write `source:` with its value",
        "bad.yaml:12:5: the id 'a' stands twice (first on line 4); give each entry an id of its own",
        "bad.yaml:14:23: the identifier 'lei' is empty; write its value",
        "bad.yaml:16:5: is delisted on 2020-01-02, not after it was listed (2020-01-02); write the first day off the list again",
    ]  # fmt: skip


def test_every_fault_of_a_csv_list_is_told_at_once(tmp_path: Path) -> None:
    text = """\
id,name,type,countries,identifiers,listed_on,delisted_on,source
a b,A,compny,China,lei,2020-01-01,2019-01-01,s
c,,,,,soon,,
c,C,,,,2020-01-01,,s
"""
    assert faults(tmp_path, "bad.csv", text) == [
        "bad.csv:2:1: 'a b' is no name for 'id'; write letters, digits and hyphens, such as us-entity-list",
        "bad.csv:2:7: 'compny' is no 'type'; did you mean 'company'?",
        "bad.csv:2:14: 'China' is no country; write two capital letters (ISO 3166), e.g. CN",
        "bad.csv:2:20: 'lei' is no identifier; write kind=value, parted by ;",
        "bad.csv:2:35: is delisted on 2019-01-01, not after it was listed (2020-01-01); write the first day off the list again",
        "bad.csv:3:3: 'name' is empty; write its value",
        "bad.csv:3:7: 'soon' is no date; write YYYY-MM-DD",
        "bad.csv:3:13: 'source' is empty; write its value",
        "bad.csv:4:1: the id 'c' stands twice (first on line 3); give each entry an id of its own",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("l.txt", "x", "is no list file; give a file ending in .yaml or .csv"),
        ("l.csv", "", "the column 'id' is missing"),
        ("l.csv", "id,name,listed_on,source\n", "has no entry; write at least one row"),
        ("l.yaml", "list: l\nentries: []\n", "'entries' has no item; write at least one"),
        ("l.yaml", "- a\n", "a list is a list; write keys"),
        ("l.yaml", "", "is empty"),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, text: str, wrong: str) -> None:
    assert any(wrong in fault for fault in faults(tmp_path, name, text))
