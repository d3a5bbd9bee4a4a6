"""Faults of files are told in Chinese: all in the corpora of broken files, and real pages."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import ast
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import actor
from django.utils.translation import override

import interlock
from interlock.evidence import load_claims
from interlock.files import BadInputError, Fault
from interlock.files.bundled import bundled
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.law.library import load_regimes
from interlock.web.phrasing import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from web_kit import Pages

BAD = Path(__file__).parents[1] / "bad"
SOURCE = Path(interlock.__file__).parent


# -- every sentence -------------------------------------------------------------------------------


def in_english(text: str) -> Iterator[str]:
    """What stays English where the reader's language is another: sentences, and pieces of them.

    A value with a blank is a piece unless it stands in quotes: those are words of the file.
    """
    if isinstance(text, Phrase) and text.parts:
        for one in text.parts:
            yield from in_english(one)
    elif isinstance(text, Phrase) and text.sentence:
        if translated(text) == str(text) and re.search("[a-z]", text.sentence):
            yield text.sentence
        for name, value in text.values.items():
            if isinstance(value, Phrase) or f"'{{{name}}}'" not in text.sentence:
                yield from in_english(value)
    elif isinstance(text, str) and re.search(r"\b[a-z]+ [a-z]{2,}", text):
        yield text


def test_a_piece_in_english_is_noticed() -> None:
    kind = phrase("a date")
    with override("zh-hans"):
        for text, left in (
            (phrase("'{key}' is {kind}, not {wanted}", key="a b c", kind=kind, wanted=kind), []),
            (phrase("'{key}' is {kind}, not {wanted}", key="a", kind="a text", wanted=kind),
             ["a text"]),
            (phrases([kind, phrase("nobody says this")]), ["nobody says this"]),
            ("not a phrase", ["not a phrase"]),
        ):  # fmt: skip
            assert list(in_english(text)) == left


def faults_in(folder: str, load: Callable[[Path], object]) -> Iterator[Fault]:
    for path in sorted((BAD / folder).glob("*.yaml")):
        if path.with_suffix(".expect").exists():
            with pytest.raises(BadInputError) as caught:
                load(path)
            yield from caught.value.faults


@pytest.mark.parametrize(
    ("folder", "load"),
    [
        ("regime", lambda path: load_regimes([path])),
        ("expressions", lambda path: load_regimes([path])),
        ("claims", load_claims),
    ],
)
def test_every_fault_of_a_law_text_and_its_claims_has_chinese(
    folder: str, load: Callable[[Path], object]
) -> None:
    looked = 0
    with override("zh-hans"):
        for fault in faults_in(folder, load):
            looked += 1
            assert isinstance(fault.wrong, Phrase), fault
            assert isinstance(fault.mend, Phrase), fault
            assert [*in_english(fault.wrong), *in_english(fault.mend)] == [], fault
    assert looked > 60


def texts_of_faults(tree: ast.AST) -> Iterator[ast.expr]:
    """What is wrong and its mend, wherever a fault is made or noted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > 2:
            made = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if made in ("Fault", "fault") or (
                made == "add" and ast.unparse(node.func).endswith("faults.add")
            ):
                yield from node.args[1:3]


def unphrased(tree: ast.AST) -> list[str]:
    """Faults' texts that are written out and are no phrases; the types see those in variables."""
    plain = ast.Constant, ast.JoinedStr, ast.BinOp, ast.IfExp
    return [ast.unparse(one) for one in texts_of_faults(tree) if isinstance(one, plain)]


def test_all_faults_are_said_in_phrases() -> None:
    looked, wrong = 0, []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "ault(" not in text and "faults.add(" not in text:
            continue
        tree = ast.parse(text)
        looked += len(list(texts_of_faults(tree)))
        wrong += [f"{path.name}: {text}" for text in unphrased(tree)]
    assert looked > 500
    assert wrong == []


@pytest.mark.parametrize(
    "code",
    [
        'faults.add(place, "is empty", phrase("write one"))',
        'self.faults.add(place, phrase("{a} is no b", a=a), f"write {b}")',
        'Fault(place, wrong, "write " + b)',
        'reading.faults.add(place, "is a" if a else phrase("is b"), mend)',
    ],
)
def test_a_fault_in_a_plain_text_is_noticed(code: str) -> None:
    assert len(unphrased(ast.parse(code))) == 1


# -- real pages -----------------------------------------------------------------------------------


@pytest.fixture
def analyst(pages: Pages, settings: Any, tmp_path: Path) -> Any:
    settings.REQUIRE_MFA = False
    settings.LAB_RESULTS = str(tmp_path)
    client = pages.client(actor("nell", "us-bis", "analyst"))
    client.cookies["django_language"] = "zh-hans"
    return client


def words(text: str) -> str:
    """A page's words, but for its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", text))).strip()


def test_a_faulty_scenario_is_told_in_chinese(analyst: Any) -> None:
    text = (bundled("scenarios") / "h200.yaml").read_text(encoding="utf-8")
    bad = re.sub(r"(?m)^runs: .*", "runs: many", re.sub(r"(?m)^start: .*", "start: soon", text))
    assert bad.count("soon") + bad.count("many") >= 2
    form = {"scenario": "h200.yaml", "name": "mine", "variant": "", "runs": "4", "seed": "7"}
    with override("en"):
        page = analyst.post("/lab/new/", form | {"do": "check", "text": bad}).content.decode()
    told = re.search(r'aria-labelledby="h-faults".*?</section>', page, re.DOTALL)
    assert told is not None
    assert 'lang="en"' not in told[0]
    assert "“start”是“soon”，应为日期 请按 YYYY-MM-DD 填写日期" in words(told[0])
    assert "“runs”是“many”，应为数字 请写数字" in words(told[0])
    named = text.replace("../regimes/cn-customs.yaml", "/etc/hosts")
    with override("en"):
        answer = analyst.post("/lab/new/", form | {"do": "check", "text": named})
    assert "“/etc/hosts”不在随附的法规文件之中" in words(answer.content.decode())


def test_a_faulty_case_is_told_in_chinese(analyst: Any) -> None:
    facts = {"f-order.destination": "UK", "f-product.name": "H2000", "add": "order.quantty"}
    with override("en"):
        page = analyst.get("/law/try/", facts).content.decode()
    told = words(page)
    assert "没有名为“H2000”的产品；请填写下列之一" in told
    assert "“UK”不是国家代码；请写 GB" in told
    assert "order.quantty：您是指“order.quantity”吗？" in told
