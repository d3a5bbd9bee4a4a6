"""The lab's desk: a scenario tried and started, its results as charts, two of them side by side."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book.lab_runs import compiled
from interlock.book.models import LabRun
from interlock.book.rights import require_some
from interlock.files import BadInputError
from interlock.files.bundled import bundled
from interlock.lab import load
from interlock.web.doors import page
from interlock.web.lab import results, summary_of
from interlock.web.lab_names import called, firm_names, unit_of
from interlock.web.words import word

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$")
FILE = re.compile(r"^[a-z_]{1,30}\.(parquet|json|png|svg|yaml)$")
LONGEST = 400_000
MOST_RUNS = 10_000
MOST_BARS = 15
OVER_TIME = ("delivered_to_date", "waiting", "domestic_to_date")
SHOWN = ("asked", "delivered", "compute", "home_share", "domestic", "waiting", "held", "unused",
         "shortfall", "welfare", "wait_days", "hhi")  # fmt: skip
OF_FIRM = ("asked", "delivered", "domestic", "waiting", "shortfall", "welfare")


def _lab(actor: Actor) -> None:
    require_some(actor, "claim.read", "the lab")


@page
def new_run(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form of a run: the scenario's text is tried (`do=check`) or asked for (`do=start`)."""
    _lab(actor)
    sent = request.POST if request.method == "POST" else request.GET
    chosen = sent.get("scenario", "")
    offered = {path.name: path for path in sorted(bundled("scenarios").glob("*.yaml"))}
    path = offered.get(chosen) or next(iter(offered.values()))
    base = load(path)
    text = sent.get("text") or path.read_text(encoding="utf-8")
    given = {
        "name": sent.get("name", "").strip(), "variant": sent.get("variant", ""),
        "runs": sent.get("runs", str(min(base.runs, 200))),
        "seed": sent.get("seed", str(base.seed)),
    }  # fmt: skip
    context: dict[str, Any] = {
        "scenario": path.name, "text": text, "given": given, "variants": list(base.variants),
        "errors": {}, "faults": [], "good": False, "folder": bool(settings.LAB_RESULTS),
        "most": MOST_RUNS,
    }  # fmt: skip
    if request.method == "POST":
        made = _asked(request, actor, text, given, context)
        if made is not None:
            return made
    status = 422 if context["errors"] or context["faults"] else 200
    return render(request, "web/lab_new.html", context, status=status)


def _asked(
    request: HttpRequest, actor: Actor, text: str, given: dict[str, str], context: dict[str, Any]
) -> HttpResponse | None:
    """Try the scenario, and ask for its run; None: the form is shown again."""
    start = request.POST.get("do") == "start"
    context["errors"] = errors = _wrong(given, start=start)
    if len(text) > LONGEST:
        errors["text"] = _("The text is too long.")
        return None
    try:
        made = compiled(text, given["variant"] if "variant" not in errors else "")
    except BadInputError as error:
        context["faults"] = [
            {"line": one.place.line, "column": one.place.column, "where": one.place.file,
             "wrong": one.wrong, "mend": one.mend}
            for one in error.faults
        ]  # fmt: skip
        return None
    context["good"], context["problems"] = not errors, list(made.problems)
    if not start or errors:
        return None
    try:
        with transaction.atomic():
            LabRun.objects.create(
                name=given["name"], by=actor.name, text=text, variant=given["variant"],
                runs=int(given["runs"]), seed=int(given["seed"]), asked_at=timezone.now(),
            )  # fmt: skip
    except IntegrityError:
        errors["name"] = _("There is a run of this name; give another.")
        return None
    return redirect("lab")


def _wrong(given: dict[str, str], *, start: bool) -> dict[str, str]:
    found = {}
    if not (given["runs"].isdecimal() and 0 < int(given["runs"][:9]) <= MOST_RUNS):
        found["runs"] = _("Write a number from 1 to %(most)s.") % {"most": f"{MOST_RUNS:,}"}
    if not (given["seed"].isdecimal() and len(given["seed"]) < 18):
        found["seed"] = _("Write a whole number.")
    if start and not settings.LAB_RESULTS:
        found["name"] = _("No folder for results is named; set INTERLOCK_LAB_RESULTS.")
    elif start and not NAME.match(given["name"]):
        found["name"] = _("Write small letters, digits and hyphens, at least two.")
    elif start and _folder(given["name"]).exists():
        found["name"] = _("There is a run of this name; give another.")
    return found


def _folder(name: str) -> Path:
    return Path(settings.LAB_RESULTS) / name


def _summary(name: str) -> dict[str, Any]:
    found = None
    if settings.LAB_RESULTS and re.fullmatch(r"[\w.-]{1,80}", name) and not name.startswith("."):
        found = summary_of(_folder(name) / "summary.json")
    if found is None:
        raise Http404
    return found


@require_GET
@page
def result(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """What came of one run: overall, over time, by firm, what stops most, and what it rests on."""
    _lab(actor)
    found = _summary(name)
    names = firm_names(actor, found)
    stops = sorted(found.get("accounts", []), key=lambda one: -one.get("blocked_unit_steps", 0))
    context = {
        "name": name, "found": found,
        "bands": [(one, unit_of(one, found), found["overall"][one]) for one in SHOWN
                  if found["overall"].get(one, {}).get("p50") is not None],
        "names": names, "firms": _firms(found, names), "of_firm": OF_FIRM,
        "stops": stops[:MOST_BARS],
        "assumed": sum(bool(one.get("assumption")) for one in found.get("basis", [])),
        "files": sorted(one.name for one in _folder(name).iterdir() if FILE.match(one.name)),
        "others": [one["name"] for one in results() if one["name"] != name],
        "chart_time": _over_time(_folder(name) / "steps.parquet"),
        "chart_firms": _firms_chart(found, names),
    }  # fmt: skip
    return render(request, "web/lab_result.html", context)


def _firms(found: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": called(names, name), "means": [told.get(one, {}).get("mean") for one in OF_FIRM]}
        for name, told in found.get("firms", {}).items()
    ]


def _firms_chart(found: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    firms = list(found.get("firms", {}).items())[:MOST_BARS]

    def means(measure: str) -> list[int]:
        return [round(told.get(measure, {}).get("mean") or 0) for _name, told in firms]

    return {
        "kind": "bars",
        "categories": [called(names, name) for name, _told in firms],
        "series": [
            {"name": word("measure", "asked"), "tone": "quiet", "values": means("asked")},
            {"name": word("measure", "delivered"), "tone": "main", "values": means("delivered")},
        ],
    }


def _over_time(path: Path) -> dict[str, Any] | None:
    """The middle of all runs over time, with the band of nine in ten; None: no such table."""
    import polars as pl  # noqa: PLC0415 - pages without a chart need none of it

    if not path.is_file():
        return None
    try:
        frame = pl.read_parquet(path).filter(pl.col("firm") == "").sort("day")
    except (pl.exceptions.PolarsError, OSError):
        return None
    series = []
    for measure in OVER_TIME:
        rows = frame.filter(pl.col("measure") == measure)
        days = [day.isoformat() for day in rows["day"].to_list()]
        bands = {name: rows[name].to_list() for name in ("p05", "p50", "p95")}
        series.append({
            "name": word("measure", measure),
            **{name: list(zip(days, values, strict=True)) for name, values in bands.items()},
        })  # fmt: skip
    return {"unit": _("units"), "series": series}


@require_GET
@page
def result_file(_request: HttpRequest, actor: Actor, name: str, file: str) -> FileResponse:
    """One file of a result, to take away."""
    _lab(actor)
    _summary(name)
    path = _folder(name) / file
    if not FILE.match(file) or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{name}-{file}")


@require_GET
@page
def beside(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Two results side by side: each measure's bands, and how the middles differ."""
    _lab(actor)
    names = request.GET.get("a", ""), request.GET.get("b", "")
    a, b = (_summary(name) for name in names)
    rows = []
    for measure in SHOWN:
        left, right = (one["overall"].get(measure, {}) for one in (a, b))
        if left.get("p50") is None or right.get("p50") is None:
            continue
        apart = left["p95"] < right["p05"] or right["p95"] < left["p05"]
        rows.append({
            "name": measure, "unit": unit_of(measure, a), "a": left, "b": right, "apart": apart,
            "difference": right["p50"] - left["p50"],
        })  # fmt: skip
    firms = _firms_beside(a, b, firm_names(actor, b) | firm_names(actor, a))
    chart = {
        "kind": "bars", "categories": [one["name"] for one in firms],
        "series": [
            {"name": name, "tone": tone, "values": [round(one[side] or 0) for one in firms]}
            for name, side, tone in zip(names, ("a", "b"), ("main", "other"), strict=True)
        ],
    }  # fmt: skip
    context = {"names": names, "a": a, "b": b, "rows": rows, "firms": firms, "chart": chart}
    return render(request, "web/lab_beside.html", context)


def _firms_beside(
    a: dict[str, Any], b: dict[str, Any], names: dict[str, str]
) -> list[dict[str, Any]]:
    """What was delivered to each firm of both results, in the mean over their runs."""
    both = [name for name in a.get("firms", {}) if name in b.get("firms", {})]
    return [
        {"name": called(names, firm)}
        | {side: one["firms"][firm]["delivered"]["mean"] for side, one in (("a", a), ("b", b))}
        for firm in both[:MOST_BARS]
    ]
