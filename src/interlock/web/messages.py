"""Collects every text of the pages, and compiles the Chinese catalogue: `make messages`.

Texts stand in templates and in Python, those that the book and what lies under it refuse in
phrases (`interlock.files.phrases`); names of kinds, fields, states and moves come from the
book's own tables, so that a new move asks for its Chinese by itself. `locale/zh_Hans/LC_MESSAGES/
django.po` is written by hand and kept in the order found here; `django.mo` is made from it.
"""

from __future__ import annotations

import io
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from interlock.web.phrasing import BETWEEN, CONTEXT, TYPES
from interlock.web.words import APART, KEYS, english, plural_english

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

    from interlock.web.values import Field

HERE = Path(__file__).parent
FOLDERS = (HERE, HERE.parent / "site")
CATALOGUE = HERE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_noop": None, "gettext_lazy": None,
    "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
LAW = ("nothing_binds", "undisclosed")
SHUTS = ("an unsettled discrepancy; settle it first",
         "a provisional allocation; confirm it first")  # fmt: skip
UNDER = ("api", "book", "episode", "evidence", "files", "goods", "lab", "law", "ledger", "letters",
         "replay", "screening", "sharing")  # fmt: skip
"""The rooms that speak in phrases and know nothing of languages."""
PHRASES: dict[str, Any] = {"phrase": None, "input_error": (2,)}
Message = tuple[str | None, "str | tuple[str, ...]"]
VERDICTS = ("open", "shut", "unknown")
OUTCOMES = ("pass", "fail", "unknown", "settled", "not_due", "not_applicable")


def messages() -> list[Message]:
    """Every text: (context, text) or (context, (one, many)), each once, in a stable order."""
    found: dict[Message, None] = {}
    for folder in FOLDERS:
        for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.py")]):
            found.update(dict.fromkeys(_in_file(path)))
    for room in UNDER:
        for path in sorted((HERE.parent / room).rglob("*.py")):
            found.update(dict.fromkeys(_phrases(path)))
    found.update(dict.fromkeys(_in_tables()))
    return list(found)


def _in_file(path: Path) -> Iterator[Message]:
    from babel.messages.extract import extract  # noqa: PLC0415 - a tool of development
    from django.utils.translation.template import templatize  # noqa: PLC0415

    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = templatize(text)
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(text.encode()), keywords=KEYWORDS
    ):
        if isinstance(message, tuple):
            parts = tuple(one for one in message if one)
            yield (context, parts if len(parts) > 1 else parts[0])
        elif message:
            yield (context, message)


def _phrases(path: Path) -> Iterator[Message]:
    from babel.messages.extract import extract  # noqa: PLC0415 - a tool of development

    with path.open("rb") as file:
        for _line, message, _comments, _context in extract("python", file, keywords=PHRASES):
            if isinstance(message, str):
                yield (CONTEXT, message)


def _in_tables() -> Iterator[Message]:
    # First of all: the selectors that the pages ask are read by the services, too.
    import interlock.book.services  # noqa: F401, PLC0415
    from interlock.book.lifecycles import lifecycles  # noqa: PLC0415 - Django is set up by now
    from interlock.book.rights import roles  # noqa: PLC0415
    from interlock.law.compiling.compiled import GATES  # noqa: PLC0415
    from interlock.ledger.model import TransferKind  # noqa: PLC0415
    from interlock.web.decisions import STAGES  # noqa: PLC0415

    for kind, life in lifecycles().items():
        yield "kind", english(kind)
        yield "kinds", plural_english(kind)
        yield from (("state", english(one)) for one in life.states)
        yield from ((f"{what} {kind}", english(one)) for of, what, one in sorted(APART)
                    if of == kind)  # fmt: skip
        yield "says", _sentence(life.says)
        for move in life.moves.values():
            yield "move", english(move.name)
            yield "says", _sentence(move.says)
    for context, names in (("role", roles()), ("gate", GATES), ("verdict", VERDICTS),
                           ("outcome", OUTCOMES), ("key", KEYS), ("stage", STAGES),
                           ("transfer", get_args(TransferKind))):  # fmt: skip
        yield from ((context, english(one)) for one in names)
    yield from _law()
    yield from _files()
    yield from _fields()


def _law() -> Iterator[Message]:
    """Words of the pages of the law, the evidence, the log and sharing."""
    from interlock.book.jobs import periodic  # noqa: PLC0415
    from interlock.evidence.grade import CREDIBILITY, RELIABILITY  # noqa: PLC0415
    from interlock.law.deciding.rounds import Place  # noqa: PLC0415
    from interlock.law.diff import SINGULAR  # noqa: PLC0415
    from interlock.law.model import STAGES  # noqa: PLC0415
    from interlock.law.show import SECTIONS  # noqa: PLC0415
    from interlock.law.show_parts import STATUS_WORDS  # noqa: PLC0415
    from interlock.law.vocabulary import vocabulary  # noqa: PLC0415
    from interlock.sharing import SAYS  # noqa: PLC0415
    from interlock.web import lab_desk  # noqa: PLC0415
    from interlock.web.cells import OWN_REASONS, RECORDED  # noqa: PLC0415
    from interlock.web.form_words import KINDS, codes  # noqa: PLC0415
    from interlock.web.inwords import meanings  # noqa: PLC0415
    from interlock.web.lab import SHOWN  # noqa: PLC0415

    yield from (("law", english(one)) for one in (*STATUS_WORDS, *LAW))
    yield from (("section", english(one)) for one in SECTIONS)
    yield from (("stage", english(one)) for one in STAGES)
    yield from (("link", english(one)) for one in ("source", "claim", "assumption"))
    yield from (("claim", english(one)) for one in ("contradicted", "replaced"))
    for names in (SHOWN, lab_desk.SHOWN, lab_desk.OF_FIRM, lab_desk.OVER_TIME):
        yield from (("measure", english(one)) for one in names)
    yield from (("job", job.says) for job in periodic())
    yield from (("place", english(one)) for one in get_args(Place))
    yield from (("seal", english(one)) for one in ("sealed", "not_yet"))
    yield from (("says", _sentence(one)) for one in (*SAYS.values(), *SHUTS, *OWN_REASONS))
    yield from (("between", one) for one in BETWEEN)
    yield from (("type", english(one)) for one in TYPES)
    yield from (("choice", english(one)) for one in ("year", "quarter", "month"))
    yield from (("fact", one) for one in sorted(meanings()))
    yield from (("standing", one) for one in STATUS_WORDS.values())
    yield from (("part", one) for one in ("regime", *SINGULAR.values()))
    yield from (("grade", one) for one in (*RELIABILITY.values(), *CREDIBILITY.values()))
    yield from (("field", english(one)) for one in RECORDED)
    for name in (*KINDS, "statement_kind", "transaction_kind"):
        yield from (("choice", english(one)) for one in sorted(codes(name)))
    values = (entry.values for entry in vocabulary().entries.values())
    yield from (("choice", english(one)) for one in sorted({x for many in values for x in many}))
    yield from (("choice", english(one)) for one in sorted(_of_regimes()))


@cache
def _of_regimes() -> set[str]:
    """The words that the regimes that come along give as values of facts."""
    from interlock.files.bundled import bundled  # noqa: PLC0415
    from interlock.law.library import load_regimes  # noqa: PLC0415
    from interlock.web.law_words import CODE  # noqa: PLC0415

    regimes = [one.regime for one in load_regimes(bundled("regimes")).checked]
    said = {value for one in regimes for entry in one.names.values() for value in entry.values}
    cases = (case for one in regimes for fact in one.facts.values() for case in fact.cases)
    constants = {str(case.constant) for case in cases if case.constant is not None}
    return said | {one for one in constants if CODE.fullmatch(one)}


def _files() -> Iterator[Message]:
    """Words of the faults of files whose keys stand in tables."""
    from interlock.lab.reading.tables import SCENARIO  # noqa: PLC0415
    from interlock.lab.study.reading import STUDY  # noqa: PLC0415
    from interlock.law.reading.said import said  # noqa: PLC0415
    from interlock.law.reading.tables import REGIME  # noqa: PLC0415

    for table in (REGIME, SCENARIO, STUDY):
        yield from ((CONTEXT, text) for text in said(table))


def _fields() -> Iterator[Message]:
    from interlock.api.people import OfficeIn, TokenIn, UserIn  # noqa: PLC0415
    from interlock.book.models import THINGS  # noqa: PLC0415
    from interlock.book.services import SERVICES  # noqa: PLC0415
    from interlock.web.values import fields_of, of_body  # noqa: PLC0415

    for model in THINGS.values():
        for one in (*model._meta.concrete_fields, *model._meta.many_to_many):
            yield "field", english(one.name)
    for service in SERVICES.values():
        for field in fields_of(service):
            yield from _field(field)
    for body in (UserIn, OfficeIn, TokenIn):
        for field in of_body(body):
            yield from _field(field)


def _field(field: Field) -> Iterator[Message]:
    yield "field", english(field.name)
    if field.help:
        yield "says", field.help
    yield from (("choice", english(value)) for value, _label in field.options)
    for column in field.columns:
        yield from _field(column)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# -- the catalogue ------------------------------------------------------------------------------


def read_catalogue() -> Catalog:
    """The Chinese catalogue as it stands."""
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def untranslated() -> list[Message]:
    """The texts that have no Chinese yet."""
    catalogue = read_catalogue()
    lacks = []
    for context, text in messages():
        one = catalogue.get(text if isinstance(text, str) else text[0], context)
        told = one.string if one is not None else ""
        if not (all(told) if isinstance(told, tuple | list) else told):
            lacks.append((context, text))
    return lacks


def ordered() -> Catalog:
    """The catalogue with all texts and no others, in their order."""
    from babel.messages.catalog import Catalog  # noqa: PLC0415

    old = read_catalogue()
    made = Catalog(locale="zh_Hans", project="Interlock", version="0", fuzzy=False,
                   header_comment="# Chinese texts of the console.")  # fmt: skip
    made.creation_date = made.revision_date = old.creation_date
    for context, text in messages():
        there = old.get(text if isinstance(text, str) else text[0], context)
        told = there.string if there is not None else ""
        if isinstance(text, tuple) and isinstance(told, str):
            told = (told,)
        made.add(text, told, context=context)
    return made


def compiled() -> bytes:
    """The catalogue as programs read it, made from what is written."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415

    buffer = io.BytesIO()
    write_mo(buffer, ordered())
    return buffer.getvalue()


def main() -> int:
    """Write both files anew and name what has no Chinese yet; 1 if anything has none."""
    from babel.messages.pofile import write_po  # noqa: PLC0415

    made = ordered()
    with CATALOGUE.open("wb") as file:
        write_po(file, made, width=0, omit_header=False)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled())
    lacks = untranslated()
    for context, text in lacks:
        sys.stdout.write(f"no Chinese: {context or ''}\t{text}\n")
    return 1 if lacks else 0


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.site.settings")
    os.environ.setdefault("INTERLOCK_SECRET_KEY", "signs nothing: texts alone are collected")
    django.setup()
    raise SystemExit(main())
