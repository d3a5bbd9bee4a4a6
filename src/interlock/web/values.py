"""Values of a form: what a service's signature asks for, and what a browser sent for it.

Each value of a service becomes one `Field` by its type; `read` turns what was sent back into values
for the signature's own model, which alone decides whether they fit.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from django.utils.translation import gettext as _
from pydantic import AwareDatetime, BaseModel
from pydantic_core import PydanticUndefined

from interlock.web.form_words import LISTED, PAGES_SAY, REFERS
from interlock.web.phrasing import translated
from interlock.web.plain import number
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from interlock.book.services import Service

ROWS = 3
"""Rows that a table of values begins with; one is always empty, and the page's script adds more."""
LONG = 300


@dataclass
class Field:
    """One field of a form.

    Attributes:
        name: as the service calls it.
        widget: text, area, whole, number, day, moment, yes, maybe, choice, many, lines, facts,
            records or rows.
        options: (value, label) of a choice.
        refers: the kind of thing that an id in it names; its list is offered.
        rows: for `rows`, the fields of each row.
    """

    name: str
    label: str
    widget: str
    required: bool
    help: str = ""
    value: Any = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    refers: str = ""
    errors: list[str] = field(default_factory=list)
    rows: list[list[Field]] = field(default_factory=list)
    columns: list[Field] = field(default_factory=list)
    longest: int | None = None

    @property
    def of_papers(self) -> bool:
        """Whether each of its rows is a paper: its name and SHA-256."""
        return {"name", "sha256"} <= {one.name for one in self.columns}

    @property
    def wide(self) -> bool:
        """Whether it takes the whole width of a form."""
        return self.widget in ("area", "lines", "facts", "records", "rows", "many")


def fields_of(found: Service) -> list[Field]:
    """The fields of a service's form, its reason and its time last."""
    return of_body(found.body)


def of_body(body: type[BaseModel]) -> list[Field]:
    """The fields of a form for a body, its reason and its time last where it takes them."""
    last = [name for name in ("reason", "effective") if name in body.model_fields]
    first = [name for name in body.model_fields if name not in last]
    return [_field(name, body.model_fields[name]) for name in (*first, *last)]


def _bare(annotation: Any) -> tuple[Any, str, int | None]:
    """A type without None and what is said about it; its description and greatest length."""
    says, longest = "", None
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *rest = get_args(annotation)
            for one in rest:
                says = says or getattr(one, "description", None) or ""
                for part in (one, *getattr(one, "metadata", ())):
                    longest = longest or getattr(part, "max_length", None)
            continue
        if get_origin(annotation) in (Union, UnionType):
            options = [one for one in get_args(annotation) if one is not NoneType]
            if len(options) == 1:
                annotation = options[0]
                continue
        return annotation, says, longest


def _field(name: str, info: FieldInfo) -> Field:
    base, says, longest = _bare(info.annotation)
    for part in info.metadata:
        longest = longest or getattr(part, "max_length", None)
    optional = NoneType in get_args(info.annotation)
    made = Field(
        name=name,
        label=word("field", name),
        widget=_widget(base, longest),
        required=info.is_required(),
        help=info.description or says,
        longest=longest,
    )
    made.refers = (
        REFERS.get(name, "")
        if made.widget == "text" and base is str
        else (LISTED.get(name, "") if made.widget in ("lines", "facts", "text") else "")
    )
    if made.help:
        made.help = word("says", PAGES_SAY.get(made.help, made.help))
    if made.widget == "yes" and (optional or info.is_required()):
        made.widget = "maybe"
    if made.widget in ("choice", "many"):
        of = base if made.widget == "choice" else _bare(get_args(base)[0])[0]
        made.options = [(one, word("choice", one)) for one in get_args(of) if one]
    if made.widget == "rows":
        item: type[BaseModel] = get_args(base)[0]
        made.columns = [_field(*pair) for pair in item.model_fields.items()]
    if info.default not in (None, PydanticUndefined, "") and not isinstance(info.default, list):
        made.value = plainly(info.default)
    if name == "reason":
        made.widget, made.label = "area", word("field", "reason")
    return made


def _widget(base: Any, longest: int | None) -> str:
    origin = get_origin(base)
    if origin is list:
        item = _bare(get_args(base)[0])[0]
        if isinstance(item, type) and issubclass(item, BaseModel):
            return "rows"
        if get_origin(item) is Literal:
            return "many"
        return "records" if get_origin(item) is dict else "lines"
    if origin is Literal:
        return "choice"
    plain = {bool: "yes", int: "whole", float: "number", Decimal: "number", dt.date: "day",
             dt.datetime: "moment", AwareDatetime: "moment"}  # fmt: skip
    if base in plain:
        return plain[base]
    if origin is dict or base is dict:
        return "facts"
    return "area" if longest is not None and longest > LONG else "text"


# -- what was sent ------------------------------------------------------------------------------


def read(fields: list[Field], sent: Any) -> dict[str, Any]:
    """The values that a browser sent, as the signature takes them; what was left empty is left out.

    The fields keep what was sent, so that a form with faults shows it again.
    """
    values = {}
    for one in fields:
        if one.widget == "rows":
            found: Any = _read_rows(one, sent)
        elif one.widget == "many":
            one.value = sent.getlist(one.name)
            found = one.value or None
        else:
            one.value = sent.get(one.name, "").strip()
            found = _value(one)
        if found is None and one.required and one.widget in ("text", "area"):
            found = ""
        if found is None and one.widget == "yes":
            found = False
        if found is not None:
            values[one.name] = found
    return values


def _value(one: Field) -> Any:
    text = one.value
    if one.widget in ("yes", "maybe"):
        return {"true": True, "on": True, "false": False}.get(text)
    if not text:
        return None
    if one.widget == "whole":
        plain = text.replace(",", "").replace(" ", "")
        return int(plain) if plain.removeprefix("-").isdecimal() else text
    if one.widget == "moment":
        return f"{text}+00:00" if "+" not in text and not text.endswith("Z") else text
    if one.widget == "lines":
        return [_number_or_text(line.strip()) if one.name == "matches" else line.strip()
                for line in text.splitlines() if line.strip()]  # fmt: skip
    if one.widget == "facts":
        return facts(text)
    if one.widget == "records":
        return [_record(line) for line in text.splitlines() if line.strip()]
    return _number_or_text(text) if one.name == "credibility" else text


def _record(line: str) -> Any:
    """A document on a line: its name, then its SHA-256."""
    name, _space, digest = line.strip().rpartition(" ")
    return {"name": name or digest, "sha256": digest} if name else {"name": digest}


def _number_or_text(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def _read_rows(one: Field, sent: Any) -> list[dict[str, Any]] | None:
    """The rows of a table of values: `holders-0-party`, ...; those that are empty do not count."""
    numbers = {
        int(name.split("-")[1])
        for name in sent
        if name.startswith(f"{one.name}-") and name.split("-")[1].isdecimal()
    }
    found, one.rows = [], []
    for place in sorted(numbers)[:1000]:
        row = [_copy(column, f"{one.name}-{place}-{column.name}") for column in one.columns]
        values = read(row, sent)
        one.rows.append(row)
        filled = {
            column.name: values[cell.name]
            for column, cell in zip(one.columns, row, strict=True)
            if cell.name in values
        }
        if any(cell.value for cell in row):
            found.append(filled)
    return found or None


def _copy(column: Field, name: str) -> Field:
    made = Field(**{key: getattr(column, key) for key in column.__dataclass_fields__})
    made.name, made.errors = name, []
    return made


def with_rows(fields: list[Field]) -> list[Field]:
    """The same, each table of values with its empty rows."""
    for one in fields:
        if one.widget == "rows":
            for number in range(len(one.rows), max(len(one.rows) + 1, ROWS)):
                one.rows.append(
                    [_copy(col, f"{one.name}-{number}-{col.name}") for col in one.columns]
                )
    return fields


def facts(text: str) -> Any:
    """Lines `name: value`, names with dots between, as nested values; what else is text.

    `true`, `false` and numbers are meant as such.
    """
    found: dict[str, Any] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon:
            return text
        *path, last = [part.strip() for part in name.strip().split(".")]
        at = found
        for part in path:
            at = at.setdefault(part, {})
            if not isinstance(at, dict):
                return text
        try:
            at[last] = json.loads(value.strip())
        except json.JSONDecodeError:
            at[last] = value.strip()
    return found


def lines_of(table: Mapping[str, Any], before: str = "") -> list[str]:
    """Nested values as lines `name: value`; the way back from `facts`."""
    found = []
    for name, value in table.items():
        if isinstance(value, dict) and value:
            found += lines_of(value, f"{before}{name}.")
        else:
            told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found.append(f"{before}{name}: {told}")
    return found


def plainly(value: Any) -> Any:
    """A value as a field of a form shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "\n".join(lines_of(value))
    if isinstance(value, list):
        if all(isinstance(one, str | int) for one in value):
            return "\n".join(str(one) for one in value)
        return value
    return "" if value is None else str(value)


def prefill(fields: list[Field], stands: Mapping[str, Any]) -> None:
    """Put how the thing stands into the fields of the same name."""
    for one in fields:
        if one.name in stands and one.name not in ("reason", "effective"):
            value = stands[one.name]
            if one.widget == "many":
                one.value = value
            elif one.widget != "rows":
                one.value = plainly(value)


def pydantic_says(one: Any) -> str:
    """What is wrong with one value, in the reader's language."""
    ctx = {key: translated(value) if isinstance(value, str) else number(value)
           for key, value in (one.get("ctx") or {}).items()}  # fmt: skip
    known = {
        "missing": _("Fill this in."),
        "string_too_short": _("Fill this in."),
        "string_too_long": _("Write at most %(max_length)s characters."),
        "int_type": _("Write a whole number."),
        "int_parsing": _("Write a whole number."),
        "decimal_parsing": _("Write a number."),
        "float_parsing": _("Write a number."),
        "greater_than": _("Write a number greater than %(gt)s."),
        "greater_than_equal": _("Write %(ge)s or more."),
        "less_than_equal": _("Write %(le)s or less."),
        "literal_error": _("Choose one of the list."),
        "bool_type": _("Choose yes or no."),
        "date_from_datetime_parsing": _("Write a day, such as 2026-01-28."),
        "date_parsing": _("Write a day, such as 2026-01-28."),
        "date_type": _("Write a day, such as 2026-01-28."),
        "not_written": _("Write a day, such as 2026-01-28."),
        "out_of_reach": _("Write a day from 1970 to 9000."),
        "datetime_parsing": _("Write a time with its zone, such as 2026-01-28T09:00+08:00."),
        "datetime_from_date_parsing": _(
            "Write a time with its zone, such as 2026-01-28T09:00+08:00."
        ),
        "timezone_aware": _("Write a time with its zone, such as 2026-01-28T09:00+08:00."),
        "no_country": _("That is no country code; %(mend)s."),
        "unfit": "%(says)s",
        "too_short": _("Give at least %(min_length)s."),
        "too_long": _("Give at most %(max_length)s."),
        "decimal_max_digits": _("Write at most %(max_digits)s digits."),
        "decimal_max_places": _("Write at most %(decimal_places)s decimal places."),
        "decimal_whole_digits": _("Write at most %(whole_digits)s digits before the point."),
        "finite_number": _("Write a number."),
        "int_from_float": _("Write a whole number."),
        "string_type": _("Write a text."),
        "list_type": _("Give a list."),
        "extra_forbidden": _("There is no such field; leave it out."),
        "dict_type": _("Write a line for each fact: its name, a colon, its value."),
        "string_pattern_mismatch": _("Write it in the form that the help describes."),
    }
    text = known.get(one["type"])
    return text % ctx if text else str(one["msg"])
