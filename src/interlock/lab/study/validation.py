"""The page docs/validation.md: what the lab said, what came or was reported, and the misses.

    python -m interlock.lab.study.validation SCENARIOS > docs/validation.md

Everything on the page that is a number is computed here; a test computes it again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interlock.lab.running import simulate
from interlock.lab.study import closed_forms
from interlock.lab.study.backtest import FEWEST, backtest, read_quarters
from interlock.lab.study.growth import LIVE, PRIORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from interlock.lab.study.backtest import Scored

RUNS, SEED = 200, 1
B300_FP8_TFLOPS, H200_FP8_TFLOPS = 4_500, 1_979
"""Dense 8-bit rates by the makers' data sheets; the metric of the equivalence."""
YEAR_END = "2026-12-29"  # the last whole step of five days of 2026
CAP, CHINA_WIDE = 75_000, 1_000_000


def page(scenarios: Path) -> str:
    """The page.

    Args:
        scenarios: the folder `scenarios/` of a clone.
    """
    quarters = read_quarters(scenarios / "data/nvidia_units_by_quarter.csv", "H20")
    scored = backtest(scenarios / "validation/h20.yaml", quarters, runs=RUNS, seed=SEED)
    plain = year(scenarios / "h200.yaml", "")
    capped = year(scenarios / "h200.yaml", "capped")
    worked_out = closed_forms.lines(scenarios / "validation", seed=SEED)
    parts = [*_head(), *_h20(scored), *_imports(plain), *_cap(plain, capped), *worked_out]
    return "\n".join(parts) + "\n"


def year(path: Path, variant: str) -> dict[str, NDArray[np.float64]]:
    """Units delivered in 2026 by firm, and `all`, run by run."""
    import datetime as dt  # noqa: PLC0415 - one use

    end = {"end": dt.date.fromisoformat(YEAR_END)}
    with tempfile.TemporaryDirectory(prefix="interlock-validation-") as folder:
        played = simulate(path, runs=RUNS, seed=SEED, variant=variant, overrides=end, out=folder)
        firms = played.firms.sort("run", "firm")
        found = {
            str(firm): part["delivered"].to_numpy().astype(np.float64)
            for (firm,), part in firms.group_by("firm", maintain_order=True)
        }
        found["all"] = played.by_run.sort("run")["delivered"].to_numpy().astype(np.float64)
    return found


def _head() -> Iterable[str]:
    return (
        "# Validation",
        "",
        "What the lab said against what came or was reported, with its misses. No scenario here",
        "was tuned to what it is held against. The page is written by",
        "`python -m interlock.lab.study.validation scenarios > docs/validation.md`, and a test",
        f"writes it again: {RUNS} runs where nothing else is said, seed {SEED}.",
        "",
    )


def _h20(scored: list[Scored]) -> Iterable[str]:
    yield "## (a) H20 for China, 2024 and 2025, quarter by quarter"
    yield ""
    yield "`scenarios/validation/h20.yaml`: what is made is sent, unless the law stops it. How"
    yield "much is made is calibrated to the quarters before the one that is forecast, by"
    yield f"nested sampling (dynesty, {LIVE} live points). The letter of April 2025 is no"
    yield "assumption of the scenario: it stands in `regimes/us-advanced-computing.yaml`, and"
    yield "the lab meets it as the book does. `lab, blind` knows the law as it was public on"
    yield "the first day of the quarter; `lab` knows each day what was public by then. The"
    yield "naive forecast repeats the last quarter with the changes seen. CRPS in thousands of"
    yield "chips, smaller is better; the band is from the 5th to the 95th percentile."
    yield ""
    yield "| quarter | came | forecast | median | band | CRPS | came within the band |"
    yield "|---|---|---|---|---|---|---|"
    for one in scored:
        for told in one.forecasts:
            yield (
                f"| {one.quarter.name} | {_k(one.quarter.units)} | {told.by} | {_k(told.median)} | "
                f"{_k(told.low)} to {_k(told.high)} | {_k(told.score)} | "
                f"{'yes' if told.held else 'no'} |"
            )
    means = {
        told.by: float(np.mean([x.forecasts[k].score for x in scored]))
        for k, told in enumerate(scored[0].forecasts)
    }
    yield ""
    yield f"Mean CRPS: {', '.join(f'{name} {_k(mean)}' for name, mean in means.items())}."
    yield ""
    yield "**Misses.** The bands of growth are wide, since two to four quarters tell little of"
    yield "its noise; in the steady quarters the naive forecast is about as good. In the second"
    yield "quarter of 2025 about twice as much was made as the lab let through: the figures are"
    yield "estimates of what was made in a quarter, not of what crossed a border after the"
    yield "letter. In the third quarter the lab lets none through, for it knows of no licence; as"
    yield "was reported, some were issued in August 2025."
    yield ""
    yield "Priors, on the logarithmic scale:"
    yield ""
    yield from (f"- {name}: {says}" for name, says in PRIORS.items())
    yield ""
    yield f"Each forecast has {FEWEST} quarters or more before it. Posterior median with its 5th"
    yield "and 95th percentile:"
    yield ""
    yield "| calibrated before | level, thousand chips | growth a quarter | noise |"
    yield "|---|---|---|---|"
    for one in scored:
        found = one.posterior.summary()
        level = tuple(float(np.exp(x)) for x in found["level"])
        yield (
            f"| {one.quarter.name} | {_k(level[0])} ({_k(level[1])} to {_k(level[2])}) | "
            f"{_band(found['growth'])} | {_band(found['noise'])} |"
        )
    yield ""
    yield "![Posterior before the second quarter of 2025](figures/h20-posterior.svg)"
    yield ""


def _imports(plain: Mapping[str, NDArray[np.float64]]) -> Iterable[str]:
    each = H200_FP8_TFLOPS / B300_FP8_TFLOPS
    low, median, high = np.quantile(plain["all"] * each, [0.05, 0.5, 0.95])
    share = float((plain["all"] == 0).mean())
    yield "## (b) Legal imports of 2026"
    yield ""
    yield "E. Grunewald, February 2026: about 230,000 B300-equivalents (0 to 300,000) may come"
    yield "legally in 2026, of 320,000 (150,000 to 600,000) in all. `scenarios/h200.yaml` until"
    yield f"the end of 2026, one H200 as {each:.3f} B300 by the dense 8-bit rate:"
    yield ""
    yield "| | median | 5th to 95th percentile |"
    yield "|---|---|---|"
    yield "| expert | 230 thousand | 0 to 300 thousand |"
    yield f"| lab | {_k(median)} thousand | {_k(low)} to {_k(high)} thousand |"
    yield ""
    yield f"In {share:.0%} of the runs nothing comes at all."
    miss = (230_000 - median) / 230_000
    words = "less" if miss > 0 else "more"
    yield f"**Miss.** The lab's median is {abs(miss):.0%} {words} than the expert's. The scenario"
    yield "has the H200 alone; whatever other chips the expert counts are not in it. The lab knows"
    yield "nothing of what comes otherwise, so the 320,000 in all are not held against it."
    yield ""


def _cap(
    plain: Mapping[str, NDArray[np.float64]], capped: Mapping[str, NDArray[np.float64]]
) -> Iterable[str]:
    yield "## (c) A cap of 75,000 for each customer"
    yield ""
    yield "Bloomberg, March 2026: at most 75,000 chips for each customer, and about 1,000,000"
    yield "for the whole country. The variant `capped` puts the proposed version of"
    yield "`cn-chip-imports` in force; units delivered until the end of 2026, median with the"
    yield "95th percentile:"
    yield ""
    yield "| firm | as it is | capped | most in any run, capped |"
    yield "|---|---|---|---|"
    for firm in [*sorted(x for x in plain if x != "all"), "all"]:
        cells = (_median(plain[firm]), _median(capped[firm]), f"{capped[firm].max():,.0f}")
        yield f"| {firm} | {' | '.join(cells)} |"
    yield ""
    most = float(capped["all"].max())
    share = most / CHINA_WIDE
    yield "What was allocated before the cap began, on 2026-03-03, draws on it when it enters, as"
    yield "in the book; what had entered by then is not counted, since the report does not say"
    yield "that the cap looks back. The bound for the country is far: the most in any run is"
    yield f"{most:,.0f}, {share:.0%} of it. With a cap on each, more than {CHINA_WIDE // CAP}"
    yield "customers with full licences would be needed to reach it. `others` stands for many"
    yield "firms and is capped as one, which is a **miss** of the scenario: what they could have"
    yield "together is understated."
    yield ""


def _k(units: float) -> str:
    return f"{units / 1000:,.1f}"


def _band(found: tuple[float, float, float]) -> str:
    return f"{found[0]:.2f} ({found[1]:.2f} to {found[2]:.2f})"


def _median(units: NDArray[np.float64]) -> str:
    return f"{np.median(units):,.0f} ({np.quantile(units, 0.95):,.0f})"


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
