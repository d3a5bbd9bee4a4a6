"""What is refused is told in the reader's language: no text without Chinese, and real pages."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import ast
import html
import re
import string
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN
from django.core.cache import cache
from django.utils.translation import override
from everything_kit import everything
from trade_kit import Trade
from web_kit import Pages

import interlock
from interlock.files.phrases import phrase, phrases, verbatim
from interlock.web import messages
from interlock.web.phrasing import CONTEXT, KEPT, NAMED, recalled, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from book_kit import World

    from interlock.book.rights import Actor

SOURCE = Path(interlock.__file__).parent
MAKERS = {"phrase": 0, "input_error": 1}
"""What makes a phrase, and where its sentence stands."""
ROOMS = [SOURCE / name for name in messages.UNDER]


# -- no refusal without its Chinese ---------------------------------------------------------------


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def texts_of_refusals(tree: ast.AST) -> Iterator[ast.expr]:
    """What is said where something is refused: values of `InputError`, the why of `MoveError`,
    faults by their fields, and what a guard gives."""
    for name, call in calls(tree):
        if name == "InputError" and isinstance(call.args[0], ast.Dict):
            yield from call.args[0].values
        elif name == "InputError" and isinstance(call.args[0], ast.DictComp):
            yield call.args[0].value
        elif name == "MoveError":
            yield call.args[3]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            if getattr(node.targets[0].value, "id", "") == "faults":
                yield node.value
        elif isinstance(node, ast.FunctionDef):
            yield from texts_kept_for_a_refusal(node)


def texts_kept_for_a_refusal(function: ast.FunctionDef) -> Iterator[ast.expr]:
    refuses = any(name in ("InputError", "MoveError") for name, _ in calls(function))
    guards = any(getattr(one, "id", "") == "guard" for one in function.decorator_list)
    for node in ast.walk(function):
        if refuses and isinstance(node, ast.Assign):
            if getattr(node.targets[0], "id", "") in ("wrong", "why", "says", "mend"):
                yield node.value
        elif guards and isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def plain_texts(expr: ast.expr) -> Iterator[str]:
    """Texts in an expression that no phrase is made of; ids and other words alone are none."""
    if isinstance(expr, ast.JoinedStr):
        if " " in ast.unparse(expr):
            yield ast.unparse(expr)
    elif isinstance(expr, ast.Constant):
        if isinstance(expr.value, str) and " " in expr.value:
            yield expr.value
    elif isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute):
        if expr.func.attr == "join":
            yield ast.unparse(expr)
    elif isinstance(expr, ast.IfExp):
        yield from (*plain_texts(expr.body), *plain_texts(expr.orelse))
    elif isinstance(expr, ast.BoolOp | ast.BinOp):
        parts = expr.values if isinstance(expr, ast.BoolOp) else [expr.left, expr.right]
        yield from (text for one in parts for text in plain_texts(one))


def unphrased(tree: ast.AST) -> list[str]:
    return [text for one in texts_of_refusals(tree) for text in plain_texts(one)]


def test_all_that_the_book_refuses_is_said_in_phrases() -> None:
    looked, wrong = 0, []
    for path in sorted((SOURCE / "book").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        looked += len(list(texts_of_refusals(tree)))
        wrong += [f"{path.name}: {text}" for text in unphrased(tree)]
    assert looked > 150
    assert wrong == []


@pytest.mark.parametrize(
    "code",
    [
        'raise InputError({"a": "is too late"})',
        'raise InputError({"a": f"{day} is too late"})',
        'raise InputError({name: f"{name} is late" for name in names})',
        'raise MoveError("order", pk, "ship", "it is shut", can)',
        'faults["a"] = f"{day} is over"',
        'faults["a"] = phrase("fine") if fine else "not at all"',
        'def move():\n    why = "; ".join(wrongs)\n    raise MoveError("order", pk, "x", why)',
        '@guard\ndef holds(act, thing):\n    return "it does not" if thing else None',
    ],
)
def test_a_refusal_in_a_plain_text_is_noticed(code: str) -> None:
    assert len(unphrased(ast.parse(code))) == 1


def test_every_sentence_is_written_out_and_its_holes_are_filled() -> None:
    """So each is collected by `make messages`, where a test demands its Chinese."""
    wrong, sentences = [], set()
    for path in sorted(path for room in ROOMS for path in room.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(f"{maker}(" in text for maker in MAKERS):
            continue
        for name, call in calls(ast.parse(text)):
            if name not in MAKERS:
                continue
            said = call.args[MAKERS[name]]
            if not (isinstance(said, ast.Constant) and isinstance(said.value, str)):
                wrong.append(f"{path.name}:{call.lineno}: {ast.unparse(said)}")
                continue
            sentences.add(said.value)
            given = {one.arg for one in call.keywords}
            if None not in given and holes(said.value) != given:
                wrong.append(f"{path.name}:{call.lineno}: {said.value} {given}")
    assert wrong == ["errors.py:88: sentence"]  # `input_error` itself, which hands it on
    known = {text for context, text in messages.messages() if context == CONTEXT}
    assert sentences <= known
    assert set(KEPT) <= known


def holes(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_the_chinese_of_a_sentence_has_its_holes() -> None:
    catalogue = messages.read_catalogue()
    said = [one for one in catalogue if one.context == CONTEXT]
    assert len(said) > 400
    assert [one.id for one in said if holes(one.string) != holes(one.id)] == []


# -- how a phrase is told -------------------------------------------------------------------------


def test_values_that_are_names_of_the_program_are_told_as_words() -> None:
    why = phrase("it is {state}, and this starts from {starts}", state="in_review",
                 starts=phrases(["drafted", "returned"], " or "))  # fmt: skip
    with override("zh-hans"):
        assert translated(why) == "当前状态为“审查中”，此操作须从以下状态开始：草案或已退回"
        assert translated(phrases([why, verbatim("as it is")], "; ")).endswith("；as it is")
    with override("en"):
        assert translated(why) == "it is in_review, and this starts from drafted or returned"
    assert set(NAMED.values()) <= {context for context, _ in messages.messages()}


def test_a_reason_that_a_run_kept_as_a_text_is_recalled() -> None:
    with override("zh-hans"):
        told = [translated(recalled(text)) for text in (
            "a gate is shut: export, customs",
            "cn-chip/per-buyer?buyer=x: its balance is not known",
            "another limit (not disclosed) at the gate import: its factor is not known on "
            "2026-01-28",
            "something that nobody says",
        )]  # fmt: skip
    assert told == [
        "关口关闭：出口、海关",
        "cn-chip/per-buyer?buyer=x：其余额不明",
        "进口关口的另一限额（未公开）：其系数不明（2026-01-28）",
        "something that nobody says",
    ]


# -- real pages -----------------------------------------------------------------------------------


@pytest.fixture
def trade(db: None, settings: Any) -> Trade:
    settings.REQUIRE_MFA = False
    cache.clear()
    return Trade()


def chinese(world: World, path: str, who: Actor, **sent: Any) -> str:
    """What a page refuses, in words: at its fields, and in the alerts above them."""
    client = Pages(world).client(who)
    client.cookies["django_language"] = "zh-hans"
    with override("en"):  # whatever the page's language is ends with it
        answer = client.post(path, sent)
    assert answer.status_code in (200, 409, 422), answer.content.decode()[:2000]
    page = answer.content.decode()
    assert '<html lang="zh-hans"' in page
    found = re.findall(r'<div class="invalid-feedback[^>]*>(.*?)</div></div>', page, re.DOTALL)
    found += re.findall(r'<ul class="mb-1">(.*?)</ul>', page, re.DOTALL)
    found += re.findall(r'<td class="refused">(.*?)</td>', page, re.DOTALL)
    told = (html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", one))) for one in found)
    return "\n".join(one.strip() for one in told)


def latin(text: str, *names: str) -> list[str]:
    """The words in Latin letters, but for ids and names."""
    for name in names:
        text = text.replace(name, "")
    return re.findall("[A-Za-z]+", text)


ORDER = {
    "id": "o-9", "supplier": "nvidia", "product": "h200-sxm", "quantity": "100",
    "destination": "CN", "once": "abc", "do": "make",
}  # fmt: skip


def test_what_a_form_refuses_is_told_in_chinese_at_its_fields(trade: Trade) -> None:
    before = everything()
    place = "/orders/new/place/"
    same = ORDER | {"buyer": "bytedance", "supplier": "bytedance"}
    assert chinese(trade, place, trade.buyer, **same) == "与买方相同；请填写卖方"
    nobody = ORDER | {"buyer": "bytedance", "consignee": "nobody"}
    assert chinese(trade, place, trade.buyer, **nobody) == (
        "没有您可以引用的在用主体“nobody”；请先录入"
    )
    country = ORDER | {"buyer": "bytedance", "destination": "UK"}
    assert chinese(trade, place, trade.buyer, **country) == "这不是国家代码；请写 GB。"
    draft = {"licence_kind": "individual", "gate": "import", "do": "make", "once": "abc"}
    rows = {"holders-0-party": "bytedance", "holders-1-party": "nobody"}
    assert chinese(trade, "/licences/new/draft/", trade.cn_officer, **draft, **rows) == (
        "第 2 行，主体：没有您可以引用的主体“nobody”；请先录入"
    )
    assert everything() == before


def test_a_number_past_all_counting_is_a_fault_of_its_field(trade: Trade) -> None:
    before = everything()
    place = {"buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "lot": "1",
             "destination": "CN", "quantity": "9" * 20, "do": "preview", "once": "q"}  # fmt: skip
    answer = Pages(trade).post("/orders/new/place/", trade.buyer, **place)
    text = answer.content.decode()
    field = text[text.index('name="quantity"') :]
    assert answer.status_code == 422
    assert "past 9,223,372,036,854,775,807" in field[: field.index('name="destination"')]
    assert text.count("9,223,372,036,854,775,807") == 1
    place |= {"quantity": "1", "unit_price_usd": "-1", "weight": "0"}
    text = Pages(trade).post("/orders/new/place/", trade.buyer, **place).content.decode()
    assert "Write a number greater than 0." in text
    assert everything() == before


def test_a_move_that_does_not_go_says_so_in_chinese(trade: Trade) -> None:
    trade.confirmed("o-1")
    before = everything()
    told = chinese(trade, "/orders/o-1/confirm/", trade.allocator, do="make", once="abc")
    assert told == "当前状态为“已确认”，此操作须从以下状态开始：已下达"
    told = chinese(trade, "/licences/cn-1/amend/", trade.cn_officer, do="make", once="x",
                   reason="y")  # fmt: skip
    assert told == "尚无提议；请先提议，再由另一名官员决定"
    assert everything() == before


def test_an_account_that_does_not_give_says_so_in_chinese(trade: Trade) -> None:
    from interlock.ledger.errors import Lack, RefusedError
    from interlock.web.trouble import refusal

    lack = Lack("cn-chip-imports/group-quota?licence=cn-1", "headroom", 3, 5)
    with override("zh-hans"):
        own = refusal(trade.cn_officer, RefusedError("c-1", [lack]))
        others = refusal(trade.customs, RefusedError("c-1", [lack]))
    assert own.says == ["cn-chip-imports/group-quota?licence=cn-1的余量为 3，需要 5"]
    assert latin("".join(others.says)) == []
    assert others.says == ["另一限额（未公开）不允许"]


def test_r11_an_account_in_a_refusal_is_called_by_its_name_and_tells_its_units(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlock.book.selectors import accounts
    from interlock.ledger.errors import Lack, RefusedError, StaleError
    from interlock.web.names import namer_of
    from interlock.web.phrasing import NAMER
    from interlock.web.trouble import refusal

    group = accounts.ledger().account("cn-chip-imports/group-quota?licence=cn-1")
    assert group is not None
    ratio = group._replace(
        id="cn-chip-imports/domestic-ratio?buyer=bytedance", terms=replace(group.terms, places=2)
    )

    class Two:
        def account(self, name: str) -> Any:
            return ratio if name == ratio.id else group

    monkeypatch.setattr(accounts, "ledger", Two)
    lacks = [Lack(group.id, "headroom", 1_250, 400_000), Lack(ratio.id, "headroom", 125, 20_000)]
    owes = [Lack(ratio.id, "overdue", 0, 1_000_000)]
    before = NAMER.set(namer_of(trade.cn_officer))
    try:
        with override("zh-hans"):
            told = refusal(trade.cn_officer, RefusedError("c-1", lacks)).says
        with override("en"):
            plain = refusal(trade.cn_officer, RefusedError("c-1", lacks))
            debt = refusal(trade.cn_officer, RefusedError("c-1", owes))
            stale = refusal(trade.cn_officer, StaleError("run-1", lacks))
    finally:
        NAMER.reset(before)
    assert plain.says == [
        "Domestic ratio (ByteDance) has headroom for 1.25, 200 is needed",
        "Group quota (cn-1) has headroom for 1,250, 400,000 is needed",
    ]
    assert plain.mend.startswith("Ask for less")
    assert told[0] == "国产采购比例（ByteDance）的余量为 1.25，需要 200"
    assert debt.says == [
        "Domestic ratio (ByteDance) owes 10,000 past its time; settle the debt first"
    ]
    assert stale.says[1] == (
        "Group quota (cn-1) had headroom for 400,000 when it was shared, now for 1,250"
    )
    assert stale.mend == "Outdate this run, and share anew."
    assert debt.mend == "", "less is owed by nobody who asks for less"


# -- whose key it is ------------------------------------------------------------------------------


def test_a_key_that_a_party_holds_is_told_by_the_name_that_the_reader_may_know(
    trade: Trade,
) -> None:
    from django.template import Context, Template
    from django.test import RequestFactory

    def told(who: Actor | None, *keys: str) -> str:
        request = RequestFactory().get("/")
        request.actor = who  # type: ignore[attr-defined]
        text = "{% load console %}{% for key in keys %}[{% who key %}]{% endfor %}"
        page = Template(text).render(Context({"request": request, "keys": keys}))
        return re.sub("<[^>]+>", "", page)

    trade.do(
        ADMIN, "party.enter", id="stranger", name="Stranger Ltd", country="CN", roles=["buyer"]
    )
    keys = ("buyer", "cn-authorities", "stranger", "nobody-known")
    with override("zh-hans"):
        assert told(trade.cn_officer, *keys) == (
            "[买方][Chinese authorities][Stranger Ltd][nobody-known]"
        )
        # Whoever may not know a party sees what the law calls it, as before (R11).
        assert told(trade.buyer, *keys) == "[买方][Chinese authorities][stranger][nobody-known]"
        assert told(None, "cn-authorities") == "[cn-authorities]"


def test_why_a_job_or_a_run_of_the_lab_failed_is_told_by_its_kind() -> None:
    from interlock.web.progress import cause

    with override("zh-hans"):
        told = [cause(wrong) for wrong in (
            "OperationalError: database is locked",
            "BadInputError: us.yaml:3:5: unknown key",
            "scenario.yaml:1:8: is not YAML",
            "[Errno 28] No space left on device",
            "ZeroDivisionError",
            "",
        )]  # fmt: skip
    assert told == ["数据库未能执行。", "其读取的文件有错误。", "其读取的文件有错误。",
                    "文件无法读取或写入。", "因错误而中止。", ""]  # fmt: skip
