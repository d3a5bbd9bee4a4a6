"""Reading a claims file: every fault in one pass, each with its place, and nothing half-loads."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from interlock.evidence.claims import ABOUT_KINDS, Claim, Claims, Origin
from interlock.evidence.fields import Fields, article
from interlock.evidence.grade import CREDIBILITY, RELIABILITY, Grade
from interlock.evidence.links import LINKS, Draft, check_together
from interlock.evidence.value_reader import read_value
from interlock.files import BadInputError, Fault, Faults, digest_of, read_yaml
from interlock.files.phrases import Phrase, phrase, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.evidence.claims import AboutKind
    from interlock.files import Node

_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_SUBJECT: Final = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*\Z")
_CLAIM_KEYS: Final = frozenset(
    {"id", "text", "subject", "value", "source", "reliability", "credibility", "known", "about"}
    | set(LINKS)
)


def load_claims(path: str | Path, *, name: str | None = None) -> Claims:
    """Read a claims file.

    Args:
        path: the YAML file; `docs/concepts/evidence.md` shows its form.
        name: how the file is called in messages; default the path as given.

    Raises:
        BadInputError: everything wrong with the file, in file order.
    """
    faults = Faults()
    root = read_yaml(path, name=name, faults=faults)
    with faults.told_together():
        return read_claims(root)


def read_claims(root: Node) -> Claims:
    """The claims of a file that was read as a tree.

    Raises:
        BadInputError: everything wrong with it.
    """
    faults = Faults()
    if not isinstance(root.value, dict):
        mend = phrase("start with `title:` and `claims:`")
        raise BadInputError(
            [Fault(root.place, phrase("a {kind} stands here", kind=root.kind), mend)]
        )
    top = Fields(root, phrase("the file"), frozenset({"title", "claims"}), faults)
    title = top.text("title")
    drafts = [_draft(node, faults) for node in top.items("claims")]
    check_together(drafts, faults)
    faults.raise_if_any()
    return Claims(title, tuple(draft.claim for draft in drafts), digest_of(root))


def read_claim(node: Node, faults: Faults) -> Draft:
    """One claim by itself; `check_together` then checks it beside others."""
    return _draft(node, faults)


def _draft(node: Node, faults: Faults) -> Draft:
    """One claim; where a part is faulty a stand-in is put, as the faults refuse the file."""
    fields = Fields(node, phrase("a claim"), _CLAIM_KEYS, faults)
    places = {key: fields.place(key) for key in ("id", "value")}
    links: dict[str, tuple[str, ...]] = {}
    for link in LINKS:
        placed = fields.placed_names(link)
        links[link] = tuple(name for name, _ in placed)
        places.update({f"{link}:{name}": place for name, place in placed})
    claim = Claim(
        id=fields.name("id", _ID, phrase("write small letters, digits and hyphens")),
        text=fields.text("text"),
        subject=fields.name(
            "subject", _SUBJECT, phrase("write a dotted name, as cn.import.quantity")
        ),
        value=read_value(fields.need("value"), faults),
        grade=_grade(fields),
        origin=_origin(fields.need("source"), faults),
        known=fields.date("known"),
        about=_about(fields, faults),
        supports=links["supports"],
        contradicts=links["contradicts"],
        supersedes=links["supersedes"],
        place=node.place,
    )
    return Draft(claim, places)


def _grade(fields: Fields) -> Grade:
    marks = ""
    for key, known, mend, fallback in (
        (
            "reliability",
            RELIABILITY,
            phrase("write a letter A (best) to F (cannot be judged)"),
            "F",
        ),
        ("credibility", CREDIBILITY, phrase("write a digit 1 (best) to 6 (cannot be judged)"), "6"),
    ):
        node = fields.need(key)
        if node is None:
            marks += fallback
            continue
        mark = str(node.value)
        if mark not in known or isinstance(node.value, bool):
            fields.faults.add(
                node.place,
                phrase("'{value}' is no {key}", value=node.raw or node.kind, key=key),
                mend,
            )
            mark = fallback
        marks += mark
    return Grade(marks)


def _origin(node: Node | None, faults: Faults) -> Origin:
    if node is None:
        return Origin("")
    if isinstance(node.value, str):
        return Origin(node.value)
    fields = Fields(node, phrase("a source"), frozenset({"who", "through", "url"}), faults)
    return Origin(
        fields.text("who"), fields.text("through", needed=False), fields.text("url", needed=False)
    )


def _about(claim: Fields, faults: Faults) -> tuple[tuple[AboutKind, dt.date], ...]:
    node = claim.get("about")
    if node is None:
        return ()
    if isinstance(node.value, dt.date):
        return (("on", node.value),)
    if not isinstance(node.value, dict) or not node.value:
        mend = phrase(
            "write a date, or dates by kind, as {{announced: 2026-01-13, in_force: 2026-01-15}}"
        )
        place = claim.place("about") if node.value is None else node.place
        faults.add(place, phrase("`about` is {kind}", kind=_a(node)), mend)
        return ()
    fields = Fields(node, verbatim("`about`"), frozenset(ABOUT_KINDS), faults)
    dates: list[tuple[AboutKind, dt.date]] = [
        (kind, fields.date(kind)) for kind in ABOUT_KINDS if fields.get(kind) is not None
    ]
    given = dict(dates)
    start = given.get("from", given.get("in_force"))
    if "to" in given and start is not None and given["to"] <= start:
        mend = phrase("write a `to` after it: the end day itself is not part of the interval")
        faults.add(fields.place("to"), phrase("`to` is not after the start"), mend)
    if "on" in given and ("from" in given or "to" in given):
        mend = phrase("keep `on` for one day, or `from` and `to` for an interval")
        faults.add(fields.place("on"), phrase("`on` stands beside `from` or `to`"), mend)
    return tuple(dates)


def _a(node: Node) -> Phrase:
    return phrase("empty") if node.value == {} else article(node)
