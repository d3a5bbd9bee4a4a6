"""What a list shows as a file to take away, CSV or Parquet: `form=csv` or `form=parquet`."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.utils import timezone

from interlock.files.spreadsheets import plain_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest

FORMS: Final = ("csv", "parquet")
MOST_EXPORTED: Final = 50_000


def form_of(request: HttpRequest) -> str:
    """The form of file that is asked for; empty: the page itself."""
    form = request.GET.get("form", "")
    return form if form in FORMS else ""


def files_of(request: HttpRequest) -> dict[str, str]:
    """Where the files of a page are, with what narrows it: form -> address."""
    query = request.GET.copy()
    for name in ("cursor", "before"):
        query.pop(name, None)
    found = {}
    for form in FORMS:
        query["form"] = form
        found[form] = f"{request.path}?{query.urlencode()}"
    return found


def as_file(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], form: str, name: str
) -> HttpResponse:
    """Rows as a file, at most `MOST_EXPORTED`; a header says if more were given.

    Args:
        rows: a value for each column, or none.
        columns: their names, in order.
        form: of `FORMS`.
        name: begins the file's name; the day follows.
    """
    import polars as pl  # noqa: PLC0415 - pages without a file need none of it

    found = [{x: _cell(one.get(x), form) for x in columns} for one in rows[:MOST_EXPORTED]]
    schema = None if found else list(columns)
    frame = pl.DataFrame(found, infer_schema_length=None, schema=schema)
    buffer = io.BytesIO()
    if form == "parquet":
        frame.write_parquet(buffer)
        kind = "application/vnd.apache.parquet"
    else:
        frame.write_csv(buffer, include_bom=True)  # so that spreadsheets read Chinese names
        kind = "text/csv; charset=utf-8"
    answer = HttpResponse(buffer.getvalue(), content_type=kind)
    named = f"{name}-{timezone.now().date().isoformat()}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{named}"'
    answer["X-Interlock-Complete"] = "yes" if len(rows) <= MOST_EXPORTED else "no"
    return answer


def _cell(value: Any, form: str) -> Any:
    """A value of one type a column; a text that a spreadsheet would run is made plain in CSV."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return plain_cell(value) if form == "csv" and isinstance(value, str) else value
