"""The results as plots (PNG and SVG) and as one HTML page that needs nothing beside it."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from interlock.lab.summary import OF_FIRM, OVERALL, summary

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.lab.results import Results

mpl.rcParams["svg.hashsalt"] = "interlock"  # the same figure gives the same bytes
_COLOURS = ("#1f5a92", "#b5532a", "#3f7d4e", "#7a4f9a", "#9a7b1f", "#4a4a4a")


def write_page(results: Results, folder: Path) -> list[Path]:
    """Write `report.html` and each plot as PNG and SVG; gives the paths."""
    facts = summary(results)
    figures = {
        "delivered": _over_time(results, "delivered_to_date", "units delivered to date"),
        "waiting": _over_time(results, "waiting", "units waiting"),
        "domestic": _over_time(results, "domestic_to_date", "domestic chips bought to date"),
        "firms": _firms(facts, {"delivered": "units delivered"}),
        "welfare": _firms(facts, {"welfare": "welfare", "shortfall": "compute not delivered"}),
        "waits": _waits(results),
        "stops": _stops(facts),
    }
    written, drawings = [], {}
    for name, figure in figures.items():
        for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            path = folder / f"{name}.{kind}"
            figure.savefig(path, metadata=metadata, dpi=150, bbox_inches="tight")
            written.append(path)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None}, bbox_inches="tight")
        drawings[name] = text.getvalue()[text.getvalue().index("<svg") :]
    page = folder / "report.html"
    page.write_text(_page(facts, drawings), encoding="utf-8")
    return [*written, page]


def _figure() -> tuple[Figure, Any]:
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", alpha=0.3)
    return figure, axes


def _over_time(results: Results, measure: str, words: str) -> Figure:
    figure, axes = _figure()
    frame = results.steps.filter((pl.col("measure") == measure) & (pl.col("firm") == ""))
    day = frame["day"].to_list()
    axes.fill_between(day, frame["p05"], frame["p95"], alpha=0.2, color=_COLOURS[0], lw=0)
    axes.fill_between(day, frame["p25"], frame["p75"], alpha=0.3, color=_COLOURS[0], lw=0)
    axes.plot(day, frame["p50"], color=_COLOURS[0], label="median, 50 % and 90 % of runs")
    axes.set_ylabel(words)
    axes.yaxis.set_major_formatter(_thousands)
    axes.legend(frameon=False)
    figure.autofmt_xdate()
    return figure


def _thousands(value: float, _: object) -> str:
    return f"{value:,.0f}"


def _firms(facts: dict[str, Any], measures: dict[str, str]) -> Figure:
    """The bands of measures by firm, side by side."""
    figure = Figure(figsize=(7.2 if len(measures) == 1 else 9.0, 3.4), layout="constrained")
    names = list(facts["firms"])
    every = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, (measure, words) in zip(every, measures.items(), strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="y", alpha=0.3)
        for k, name in enumerate(names):
            bands = facts["firms"][name][measure]
            if bands["mean"] is None:
                continue
            axes.plot([bands["p05"], bands["p95"]], [k, k], color=_COLOURS[0], lw=2)
            axes.plot([bands["p50"]], [k], "o", color=_COLOURS[0])
        axes.xaxis.set_major_locator(MaxNLocator(6 // len(measures)))
        axes.xaxis.set_major_formatter(_thousands)
        axes.set_xlabel(f"{words}: median and 90 % of runs")
    every[0].set_yticks(range(len(names)), names)
    every[0].invert_yaxis()
    return figure


def _waits(results: Results) -> Figure:
    figure, axes = _figure()
    for k, (firm, frame) in enumerate(results.waits.group_by("firm", maintain_order=True)):
        total = frame.group_by("wait_days").agg(pl.col("units").sum()).sort("wait_days")
        share = total["units"].cum_sum() / total["units"].sum()
        axes.step(total["wait_days"], share, where="post", label=str(firm[0]),
                  color=_COLOURS[k % len(_COLOURS)])  # fmt: skip
    axes.set_xlabel("days from order to delivery")
    axes.set_ylabel("share of units delivered")
    axes.set_ylim(0, 1)
    if axes.has_data():
        axes.legend(frameon=False, fontsize="small")
    return figure


def _stops(facts: dict[str, Any]) -> Figure:
    figure, axes = _figure()
    rows = sorted(facts["accounts"], key=lambda one: -one["blocked_unit_steps"])[:10]
    names = [row["account"].partition("/")[2][:48] for row in rows]
    axes.barh(range(len(rows)), [row["blocked_unit_steps"] for row in rows], color=_COLOURS[1])
    axes.set_yticks(range(len(rows)), names, fontsize="small")
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(_thousands)
    axes.set_xlabel("units x steps that it was the first to stop, mean of runs")
    return figure


_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d6dbe2;--paper:#fff}
@media(prefers-color-scheme:dark){
:root{--ink:#e6e9ee;--soft:#a3adba;--line:#3a4350;--paper:#171c23}
figure svg{background:#fff}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;
margin:2rem auto;padding:0 1rem}h1{font-size:1.6rem;line-height:1.2}
h2{font-size:1.15rem;margin-top:2rem}
p.sub{color:var(--soft)}table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.5rem 0}
th,td{border-bottom:1px solid var(--line);padding:.3rem .5rem;text-align:right;vertical-align:top}
th:first-child,td:first-child,table.words td,table.words th{text-align:left}
figure{margin:1rem 0}figure svg{width:100%;height:auto}
figcaption{color:var(--soft);font-size:.85rem}
div.wide{overflow-x:auto}
"""
_CAPTIONS = {
    "delivered": "Units delivered to date, all firms.",
    "waiting": "Units ordered and not yet allocated.",
    "domestic": "Domestic chips bought to date.",
    "firms": "Units delivered by firm.",
    "welfare": "Welfare by firm, and the compute that it asked for and did not get.",
    "waits": "How long units took from order to delivery.",
    "stops": "Which account stopped orders first.",
}


def _page(facts: dict[str, Any], drawings: dict[str, str]) -> str:
    heads = ("", "mean", "5 %", "25 %", "median", "75 %", "95 %")
    keys = ("mean", "p05", "p25", "p50", "p75", "p95")
    overall = [
        [name.replace("_", " "), *(_cell(facts["overall"][name][key]) for key in keys)]
        for name in OVERALL
    ]
    firms = [
        [firm, *(_cell(one[name]["mean"]) for name in OF_FIRM)]
        for firm, one in facts["firms"].items()
    ]
    accounts = [
        [one["account"], one["unit"],
         *(_cell(one[key]) for key in ("credited", "used", "left", "blocked_unit_steps"))]
        for one in sorted(facts["accounts"], key=lambda one: -one["blocked_unit_steps"])
    ]  # fmt: skip
    basis = [
        [
            one["part"],
            one["values"],
            one["sources"],
            "assumption" if one["assumption"] else "",
            one["note"],
        ]
        for one in facts["basis"]
    ]
    figures = "".join(
        f"<figure>{drawing}<figcaption>{_CAPTIONS[name]}</figcaption></figure>"
        for name, drawing in drawings.items()
    )
    firm_heads = ("firm", *(name.replace("_", " ") for name in OF_FIRM))
    account_heads = ("account", "unit", "credited", "used", "left", "units x steps stopped")
    title = html.escape(facts["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{title}</h1><p class="sub">{facts["start"]} to {facts["end"]}, steps of '
        f"{facts['step_days']} days, {facts['runs']:,} runs, seed {facts['seed']}; compute in "
        f"{html.escape(facts['compute_unit'])}. Bands are quantiles over runs; they do not add up "
        f"across firms.</p><h2>Together</h2>{_table(heads, overall)}"
        f"<h2>Firms</h2>{_table(firm_heads, firms)}<h2>Over time</h2>{figures}"
        f"<h2>Accounts</h2>{_table(account_heads, accounts)}"
        f"{_notes(facts['problems'])}<h2>What it rests on</h2>"
        f"{_table(('part', 'values', 'sources', 'assumption', 'note'), basis, words=True)}"
        f'<p class="sub">Plan {facts["plan"]}</p></main></body></html>\n'
    )


def _notes(notes: list[str]) -> str:
    """What cannot draw, and what of the scenario has no effect."""
    items = "".join(f"<li>{html.escape(one)}</li>" for one in notes)
    return f"<h2>Notes</h2><ul>{items}</ul>" if notes else ""


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(heads: Any, rows: list[list[str]], *, words: bool = False) -> str:
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    kind = ' class="words"' if words else ""
    return (
        f'<div class="wide"><table{kind}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
