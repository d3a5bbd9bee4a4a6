"""What came of a scenario: frames of Polars over the blocks that were played.

Names of the columns are those of docs/reference/lab-results.md. Bands are quantiles over runs at
0.05, 0.25, 0.5, 0.75 and 0.95; they do not add up across firms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.lab.compiling.plan import Compiled

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BANDS = ("p05", "p25", "p50", "p75", "p95")
FLOWS = ("asked", "allocated", "shipped", "delivered", "waiting")


@dataclass
class Results:
    """The results of a scenario.

    Attributes:
        compiled: what was played.
        folder: where the blocks are; it goes with the results if nobody named one.
        runs, seed: as played; blocks: of how many the tables are made.
    """

    compiled: Compiled
    folder: Path
    runs: int
    seed: int
    blocks: int = 0

    def scan(self, table: str) -> pl.LazyFrame:
        """A table of all blocks as it stands, keyed by numbers: see `interlock.lab.blocks`."""
        paths = [
            self.folder / "blocks" / f"{table}-{number:06d}.parquet"
            for number in range(self.blocks)
        ]
        return pl.scan_parquet(paths)

    @cached_property
    def _series(self) -> pl.DataFrame:
        scenario = self.compiled.scenario
        return pl.DataFrame(
            {
                "series": np.arange(len(self.compiled.series), dtype=np.int16),
                "firm": [firm for firm, _ in self.compiled.series],
                "product": [product for _, product in self.compiled.series],
                "compute_each": [scenario.products[p].compute for _, p in self.compiled.series],
                "value_each": [scenario.firms[f].value for f, _ in self.compiled.series],
            }
        )

    @cached_property
    def totals(self) -> pl.DataFrame:
        """One row for each run, firm and product.

        Units: `asked`, `allocated`, `shipped`, `delivered`, `returned`, `cancelled`, `reluctant`
        (approved and never ordered), `waiting` and `held` at the end; `compute` delivered;
        `wait_days` (mean, by unit); `shut_unit_steps`; `shortfall` (compute asked and not
        delivered); `welfare` (compute delivered, discounted by its wait, at the firm's value).
        """
        frame = self.scan("totals").collect().join(self._series, on="series", maintain_order="left")
        delivered = pl.col("delivered")
        return frame.select(
            "run", "firm", "product", "asked", "allocated", "shipped", "delivered", "returned",
            "cancelled", "reluctant", "waiting", "held", "shut_unit_steps",
            compute=delivered * pl.col("compute_each"),
            wait_days=pl.when(delivered > 0).then(pl.col("wait_unit_days") / delivered),
            shortfall=(pl.col("asked") - delivered).clip(0) * pl.col("compute_each"),
            welfare=pl.col("worth") * pl.col("compute_each") * pl.col("value_each"),
        )  # fmt: skip

    @cached_property
    def firms(self) -> pl.DataFrame:
        """One row for each run and firm: the sums of `totals`, and `domestic` chips accepted."""
        sums = ("asked", "allocated", "shipped", "delivered", "returned", "cancelled", "reluctant",
                "waiting", "held", "compute", "shortfall", "welfare")  # fmt: skip
        waits = (pl.col("wait_days").fill_null(0) * pl.col("delivered")).sum()
        frame = self.totals.group_by("run", "firm", maintain_order=True).agg(
            *(pl.col(name).sum() for name in sums),
            wait_days=pl.when(pl.col("delivered").sum() > 0).then(
                waits / pl.col("delivered").sum()
            ),
        )
        names = list(self.compiled.scenario.firms)
        home = (
            self.scan("home").group_by("run", "firm").agg(domestic=pl.col("bought").sum()).collect()
        )
        named = home.with_columns(
            firm=pl.col("firm").replace_strict(dict(enumerate(names)), return_dtype=pl.String())
        )
        return frame.join(
            named, on=["run", "firm"], how="left", maintain_order="left"
        ).with_columns(pl.col("domestic").fill_null(0))

    @cached_property
    def by_run(self) -> pl.DataFrame:
        """One row for each run: sums over firms, shares, and concentration.

        `hhi`: sum of squared shares of delivered compute, 0 to 1; null where nothing came.
        `home_share`: domestic compute in all compute that came.
        """
        scenario = self.compiled.scenario
        each = scenario.domestic.compute if scenario.domestic else 0.0
        share = pl.col("compute") / pl.col("compute").sum()
        waits = (pl.col("wait_days").fill_null(0) * pl.col("delivered")).sum()
        sums = ("asked", "allocated", "shipped", "delivered", "returned", "cancelled", "reluctant",
                "waiting", "held", "compute", "domestic", "shortfall", "welfare")  # fmt: skip
        frame = self.firms.group_by("run", maintain_order=True).agg(
            *(pl.col(name).sum() for name in sums),
            wait_days=pl.when(pl.col("delivered").sum() > 0).then(
                waits / pl.col("delivered").sum()
            ),
            hhi=pl.when(pl.col("compute").sum() > 0).then((share * share).sum()),
        )
        home = pl.col("domestic") * each
        both = pl.col("compute") + home
        unused = self.licences.group_by("run").agg(unused=pl.col("unused").sum())
        return frame.with_columns(
            domestic_compute=home, home_share=pl.when(both > 0).then(home / both)
        ).join(unused, on="run", how="left", maintain_order="left")

    @cached_property
    def licences(self) -> pl.DataFrame:
        """One row for each run and licence: units granted (0: not issued) and unused at the end."""
        plan, names = self.compiled.plan, self.compiled.licences
        first, credit = plan.world.licence_first, plan.world.licence_credit
        own = []
        for k in range(len(names)):
            # Where an account counts what a licence grants, what is left there was not used.
            for q in range(first[k], first[k + 1]):
                if credit[q, 1] > 0:
                    own.append((k, int(credit[q, 0]), int(credit[q, 1])))
                    break
        table = pl.DataFrame(
            own,
            schema={"licence": pl.Int16, "account": pl.Int16, "each": pl.Int64},
            orient="row",
        )
        left = self.scan("accounts").select("run", "account", "left").collect()
        joined = (
            self.scan("licences")
            .collect()
            .join(table, on="licence", how="left", maintain_order="left")
            .join(left, on=["run", "account"], how="left", maintain_order="left")
        )
        over = pl.min_horizontal("granted", pl.col("left").clip(0) // pl.col("each"))
        return joined.select(
            "run",
            licence=pl.col("licence").replace_strict(
                dict(enumerate(names)), return_dtype=pl.String()
            )
            if names
            else pl.lit("", dtype=pl.String()),
            granted="granted",
            unused=pl.when(pl.col("granted") > 0).then(over.fill_null(0)).otherwise(0),
        )

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """One row for each account: means over runs, in account units.

        `blocked_unit_steps`: units of orders that it was the first to stop, summed over steps.
        """
        scale = pl.Series("scale", self.compiled.scales, dtype=pl.Int64)
        names = pl.DataFrame(
            {
                "account": np.arange(len(self.compiled.accounts), dtype=np.int16),
                "name": list(self.compiled.accounts),
                "unit": list(self.compiled.units),
            }
        ).with_columns(scale)
        means = (
            self.scan("accounts")
            .group_by("account")
            .agg(pl.col(c).mean() for c in ("credited", "used", "left", "blocked_unit_steps"))
            .collect()
        )
        frame = names.join(means, on="account", how="left", maintain_order="left")
        return frame.select(
            pl.col("name").alias("account"),
            "unit",
            *(pl.col(c) / pl.col("scale") for c in ("credited", "used", "left")),
            "blocked_unit_steps",
        )

    @cached_property
    def waits(self) -> pl.DataFrame:
        """Units by firm, product and days from order to delivery, over all runs."""
        frame = self.scan("waits").group_by("series", "steps").agg(pl.col("units").sum()).collect()
        days = self.compiled.scenario.step_days
        return (
            frame.filter(pl.col("units") > 0)
            .sort("series", "steps")
            .join(self._series, on="series", maintain_order="left")
            .select(
                "firm", "product", wait_days=pl.col("steps").cast(pl.Int32) * days, units="units"
            )
        )

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Bands over runs by step, firm ("" = all) and measure; `compute` is cumulative.

        Measures: those of `totals` that flow, each in units of its step, `waiting` as it stands;
        `domestic`; `delivered_to_date`, `compute_to_date` and `domestic_to_date`.
        """
        return _bands(self)

    @property
    def paths(self) -> pl.LazyFrame:
        """Every run, step, firm and product: its flows in units, and what waits."""
        frame = self.scan("steps").join(self._series.lazy(), on="series", maintain_order="left")
        return frame.select("run", "step", "firm", "product", *FLOWS)


def _bands(results: Results) -> pl.DataFrame:
    compiled = results.compiled
    scenario, steps = compiled.scenario, compiled.scenario.steps
    firms = list(scenario.firms)
    home = results.scan("home").select("bought").collect()["bought"].to_numpy()
    home = home.reshape(results.runs, steps, len(firms))
    found: list[pl.DataFrame] = []
    each = np.array([scenario.products[p].compute for _, p in compiled.series])
    of_firm = np.array([firms.index(f) for f, _ in compiled.series])
    for measure in FLOWS:
        values = results.scan("steps").select(measure).collect()[measure].to_numpy()
        cells = values.reshape(results.runs, steps, len(each))
        found += _measure(measure, _by_firm(cells, of_firm, firms), firms)
        if measure == "delivered":
            to_date = cells.cumsum(axis=1)
            found += _measure("delivered_to_date", _by_firm(to_date, of_firm, firms), firms)
            found += _measure("compute_to_date", _by_firm(to_date * each, of_firm, firms), firms)
    found += _measure("domestic", home, firms)
    found += _measure("domestic_to_date", home.cumsum(axis=1), firms)
    days = [scenario.day(step) for step in range(steps)]
    return pl.concat(found).with_columns(
        day=pl.col("step").replace_strict(dict(enumerate(days)), return_dtype=pl.Date())
    )


def _by_firm(cells: Any, of_firm: Any, firms: list[str]) -> Any:
    """Sums over the products of each firm, [runs, steps, firms]."""
    if len(of_firm) == len(firms) and (of_firm == np.arange(len(firms))).all():
        return cells
    made = np.zeros((*cells.shape[:2], len(firms)), cells.dtype)
    for k, firm in enumerate(of_firm):
        made[:, :, firm] += cells[:, :, k]
    return made


def _measure(name: str, cells: Any, firms: list[str]) -> list[pl.DataFrame]:
    """The bands of one measure for each firm and for all together."""
    runs, steps, _ = cells.shape
    found = []
    # Each step's runs side by side, in one copy: means and sorts of neighbours are the fast ones.
    of_firms = np.ascontiguousarray(cells.transpose(2, 1, 0))
    for firm, values in (("", of_firms.sum(axis=0)), *zip(firms, of_firms, strict=True)):
        mean = values.mean(axis=1)
        values.sort(axis=1)
        bands = {}
        for label, q in zip(BANDS, QUANTILES, strict=True):
            at = q * (runs - 1)
            low = int(at)
            high = min(low + 1, runs - 1)
            bands[label] = values[:, low] + (at - low) * (values[:, high] - values[:, low])
        found.append(
            pl.DataFrame(
                {
                    "step": np.arange(steps, dtype=np.int32),
                    "firm": [firm] * steps,
                    "measure": [name] * steps,
                    "mean": mean,
                }
                | bands
            )
        )
    return found
