"""The page docs/calibration.md and its plots: what history says of how firms behave.

    python -m interlock.lab.study.calibration scenarios docs

Everything on the page that is a number is computed here; a test computes it again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interlock.lab.study.backtest import read_quarters
from interlock.lab.study.behaviour import (
    BELIEVED,
    CHANCES,
    EQUAL,
    FIRMS,
    HARDLY,
    LIVE,
    MEANS,
    PARAMETERS,
    PRIORS,
    WAITS,
    calibrate_behaviour,
    lawful_log_units,
)
from interlock.lab.study.growth import calibrate
from interlock.lab.study.plots import plot_behaviour, plot_posterior

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.lab.study.backtest import Quarter
    from interlock.lab.study.behaviour import Calibrated

RUNS, SEED = 200, 1
NAME = "calibration.md"
ALL_BUT_SURE = 0.95
HEAD = f"""# What history says of behaviour

How often does an approval become an order, and how much less often where conditions are
harder? The lab needs numbers for that (`behaviour` in a scenario), and history has little
to say. This page says how little. It is written, with its plots, by
`python -m interlock.lab.study.calibration scenarios docs`, and a test computes it again. No
quarter that is scored in [validation](validation.md) is forecast by what stands here, and
`scenarios/h200.yaml` keeps its assumptions: it was not tuned to this page.

## What was used

| what | source | grade | says |
|---|---|---|---|
| `licences-too-restrictive` | Reuters, 2026-01-28 | C3 | of {FIRMS} firms none had ordered |
| `none-shipped` | Bloomberg, 2026-03-03 | B3 | no H200 had been shipped to China |
| `h20-licences-announced` | NVIDIA, 2025-07-14 | B2 | licences for the H20 will be granted |
| units by quarter | Epoch AI, snapshot of 2026-04-22 | | H20 up to the letter of April 2025, and \
of the third quarter of 2025 |

Claims are those of `episodes/h200/claims.yaml`. A claim may be wrong: one that is *possibly
true* (3) is taken to hold with a chance of {BELIEVED["3"]}, else it says nothing. That chance is
an assumption.

How likely it is that nothing had shipped by 2026-03-03 is asked of the lab, by {RUNS} runs of
`scenarios/h200.yaml` at each point:

"""
NOTHING = """
It is all but sure at every point: in this scenario stock is shared once a month and takes one
to four weeks to leave, so hardly anything could have. The report tells nothing of the chance,
and nothing of the wait.
"""
SOMETHING = """
Where it is unlikely, the report speaks against the point.
"""
POSTERIORS = f"""
## Priors and posteriors

Nested sampling (dynesty, {LIVE} live points), seed {SEED}. Median with the 5th and 95th percentile.
*Moved* is the furthest that the posterior's distribution function is from the prior's; up to
{EQUAL} the two are called equal, and **the data do not identify the parameter**; up to {HARDLY}
they hardly do.

| parameter | what | prior | prior band | posterior | moved | identified |
|---|---|---|---|---|---|---|"""
END = """
![Priors and posteriors of behaviour](figures/behaviour-posterior.svg)

- One report of low grade on three firms cannot tell a small chance of ordering from a hard
  condition, nor both from a draft that asked for much: it bears on them together. What would
  identify them is counts of approvals and of orders under conditions that are known, which
  nobody has published.
- `reopened` is the one number that history gives. Without the letter the third quarter of 2025
  would have brought {middle} thousand H20 ({low} to {high}), judged by the five quarters
  before; licences were announced on 2025-07-14, and 17 thousand came. It mixes what firms did
  with what both governments did, and the figures are of what was made, not of what crossed a
  border: take it as how much may come back in a first quarter, not as a chance of ordering.
- So `behaviour.orders` and `behaviour.hardness` of a scenario stay assumptions. Ask how much
  hangs on them (`interlock lab sensitivity`) before resting a decision on them.
"""


def write(scenarios: Path, docs: Path) -> list[Path]:
    """Write the page and the plots of both posteriors.

    Args:
        scenarios: the folder of a clone.
        docs: the folder to write into; plots go into its `figures`.
    """
    quarters = read_quarters(scenarios / "data/nvidia_units_by_quarter.csv", "H20")
    found = calibrate_behaviour(scenarios / "h200.yaml", quarters, runs=RUNS, seed=SEED)
    figures = docs / "figures"
    plot_behaviour(found, figures, "behaviour-posterior")
    growth = calibrate([one.units for one in quarters[:5]], seed=SEED)
    plot_posterior(growth.draws, figures, "h20-posterior")
    page = docs / NAME
    page.write_text("\n".join(lines(found, quarters)) + "\n", encoding="utf-8")
    return [page, *sorted(figures.glob("*-posterior.*"))]


def lines(found: Calibrated, quarters: list[Quarter]) -> Iterable[str]:
    """The page, line by line."""
    yield from HEAD.splitlines()
    places = [f"last US licence by day {wait}" for wait in WAITS]
    yield f"| an approved line orders with chance | {' | '.join(places)} |"
    yield "|---|" + "---|" * len(WAITS)
    for chance, row in zip(CHANCES, found.nothing, strict=True):
        yield f"| {chance} | " + " | ".join(f"{one:.2f}" for one in row) + " |"
    yield from (NOTHING if found.nothing.min() > ALL_BUT_SURE else SOMETHING).splitlines()
    yield from POSTERIORS.splitlines()
    for k, name in enumerate(PARAMETERS):
        told = found.identified(name)
        told = "**no**: posterior equals prior" if told == "no" else told
        yield (
            f"| `{name}` | {MEANS[name]} | {PRIORS[name]} | {_band(found.prior[:, k])} | "
            f"{_band(found.draws[:, k])} | {found.moved(name):.2f} | {told} |"
        )
    lawful = np.exp(np.quantile(lawful_log_units(quarters, SEED), [0.05, 0.5, 0.95])) / 1000
    words = [f"{one:,.0f}" for one in lawful]
    yield from END.format(low=words[0], middle=words[1], high=words[2]).splitlines()


def _band(values: np.ndarray) -> str:
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    places = 0 if high > 10 else 3 if high < 0.2 else 2
    return f"{median:.{places}f} ({low:.{places}f} to {high:.{places}f})"


if __name__ == "__main__":
    for path in write(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{path}\n")
