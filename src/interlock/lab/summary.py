"""What came of a run in short: the stable JSON, and the files of a results folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from interlock.lab.results import BANDS, QUANTILES

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.lab.results import Results

OVERALL = (
    "asked", "allocated", "shipped", "delivered", "returned", "cancelled", "reluctant", "waiting",
    "held", "unused", "compute", "domestic", "domestic_compute", "home_share", "shortfall",
    "welfare", "wait_days", "hhi",
)  # fmt: skip
OF_FIRM = (
    "asked", "delivered", "compute", "domestic", "waiting", "held", "shortfall", "welfare",
    "wait_days",
)  # fmt: skip
FILES = ("totals", "firms", "by_run", "steps", "licences", "accounts", "waits", "basis")


def bands_of(values: pl.Series) -> dict[str, float | None]:
    """Mean and quantiles of the runs in which there is a value; null where there is none."""
    made: dict[str, float | None] = dict.fromkeys(("mean", *BANDS))
    found = values.drop_nulls().to_numpy().astype(np.float64)
    if len(found):
        made["mean"] = float(found.mean())
        made.update(zip(BANDS, map(float, np.quantile(found, QUANTILES)), strict=True))
    return made


def basis_of(results: Results) -> pl.DataFrame:
    """What each part of the scenario rests on: part, values, sources, assumption, note."""
    scenario = results.compiled.scenario
    rows = [
        {
            "part": path,
            "values": shown,
            "sources": "; ".join(scenario.sources[name].title for name in rests.sources),
            "assumption": rests.assumption,
            "note": rests.note,
        }
        for path, shown, rests in scenario.basis
    ]
    schema = {
        "part": pl.String(), "values": pl.String(), "sources": pl.String(),
        "assumption": pl.Boolean(), "note": pl.String(),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def summary(results: Results) -> dict[str, Any]:
    """The results in short: docs/reference/schemas/lab-results.json."""
    compiled, scenario = results.compiled, results.compiled.scenario
    by_run, firms = results.by_run, results.firms
    accounts = results.accounts.filter(pl.col("credited") + pl.col("used") > 0)
    paths = results.scan("paths").group_by("state").agg(pl.len()).collect()
    share = {int(row[0]): row[1] for row in paths.iter_rows()}
    total = sum(share.values())
    shocks = {
        name: sum(count for state, count in share.items() if state >> bit & 1) / total
        for bit, name in enumerate(scenario.shocks)
    }
    return {
        "scenario": scenario.id,
        "title": scenario.title,
        "plan": compiled.digest,
        "start": scenario.start.isoformat(),
        "end": scenario.end.isoformat(),
        "step_days": scenario.step_days,
        "runs": results.runs,
        "seed": results.seed,
        "compute_unit": scenario.compute_unit,
        "overall": {name: bands_of(by_run[name]) for name in OVERALL},
        "firms": {
            name: {
                measure: bands_of(firms.filter(pl.col("firm") == name)[measure])
                for measure in OF_FIRM
            }
            for name in firms["firm"].unique(maintain_order=True).to_list()
        },
        "names": {
            name: str(one.facts["name"])
            for name, one in scenario.firms.items()
            if one.facts.get("name")
        },
        "accounts": accounts.to_dicts(),
        "shocks": shocks,
        "problems": list(compiled.problems),
        "basis": basis_of(results).to_dicts(),
    }


def summary_json(results: Results) -> str:
    """The same as text: equal results give equal bytes."""
    return json.dumps(summary(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_outputs(results: Results, folder: Path) -> list[Path]:
    """Write every table as Parquet, the summary as JSON, the plots, and the page.

    Plots need matplotlib (`interlock[lab]`); without it they are left out.
    """
    written = []
    for name in FILES:
        frame = basis_of(results) if name == "basis" else getattr(results, name)
        path = folder / f"{name}.parquet"
        frame.write_parquet(path, compression="zstd", compression_level=1)
        written.append(path)
    path = folder / "summary.json"
    path.write_text(summary_json(results), encoding="utf-8")
    written.append(path)
    try:
        from interlock.lab.page import write_page
    except ImportError:
        return written
    return [*written, *write_page(results, folder)]
