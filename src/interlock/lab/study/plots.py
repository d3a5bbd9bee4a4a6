"""Plots of studies, as PNG and SVG; the same data give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from interlock.lab.study.asking import Frontier
    from interlock.lab.study.behaviour import Calibrated
    from interlock.lab.study.indices import Sensitivity

KINDS = ("png", "svg")
INK, PALE, MARK = "#1f2937", "#9ca3af", "#b91c1c"


def _figure(columns: int = 1, size: tuple[float, float] = (9, 5)) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "interlock"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    return plt.subplots(1, columns, figsize=size, layout="constrained")


def _save(figure: Any, folder: Path, name: str) -> dict[str, str]:
    from matplotlib import pyplot as plt  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{name}.{kind}" for kind in KINDS}
    for kind, path in paths.items():
        figure.savefig(path, metadata={"Date": None} if kind == "svg" else {"Software": None})
    plt.close(figure)
    return {kind: str(path) for kind, path in paths.items()}


def plot_frontier(found: Frontier, folder: Path) -> dict[str, str]:
    """The plane of imported compute and home-grown share: a point a choice, with its error."""
    figure, axes = _figure()
    bests = sorted((one for one in found.placed if one.on_frontier), key=lambda x: x.means)
    axes.plot([x.means[0] for x in bests], [x.means[1] for x in bests], color=INK, zorder=1)
    for number, one in enumerate(found.placed):
        poor = one.dominated_by is not None
        axes.errorbar(
            *one.means, xerr=one.errors[0], yerr=one.errors[1], fmt="x" if poor else "o",
            color=PALE if poor else INK, zorder=2,
        )  # fmt: skip
        axes.annotate(
            str(number), one.means, fontsize=7, xytext=(5, 4), textcoords="offset points",
            color=PALE if poor else INK,
        )  # fmt: skip
    # What a number stands for is told beside the plane: in it the texts would lie on each other.
    chosen = [one.point.choice for one in found.placed]
    told = [", ".join(f"{name} {value:g}" for name, value in one.items()) for one in chosen]
    texts = "\n".join(f"{number}: {text}" for number, text in enumerate(told))
    axes.text(
        1.02, 1.0, texts, transform=axes.transAxes, fontsize=7, va="top", linespacing=1.5,
    )  # fmt: skip
    axes.set_xlabel("imported compute that came, mean over runs")
    axes.set_ylabel("share of home-grown compute")
    axes.set_title(f"{found.study.title}\ncrosses: points that nobody should choose", fontsize=10)
    return _save(figure, folder, "frontier")


def plot_sensitivity(found: Sensitivity, measure: str, folder: Path) -> dict[str, str]:
    """First-order and total indices of one measure, with their intervals."""
    figure, axes = _figure()
    own = [one for one in found.indices if one.measure == measure and one.first is not None]
    for shift, (name, value, half) in enumerate(
        (("first order", "first", "first_half"), ("total", "total", "total_half"))
    ):
        axes.barh(
            [at + 0.4 * shift for at in range(len(own))],
            [getattr(one, value) for one in own],
            xerr=[getattr(one, half) for one in own],
            height=0.35, color=(PALE, INK)[shift], label=name,
        )  # fmt: skip
    axes.set_yticks([at + 0.2 for at in range(len(own))], [one.parameter for one in own])
    axes.set_xlabel(f"share of the variance of {measure}")
    axes.legend()
    return _save(figure, folder, f"sensitivity-{measure}")


def plot_posterior(draws: NDArray[np.float64], folder: Path, name: str) -> dict[str, str]:
    """Posterior draws of (level, growth, noise) as histograms, the level in thousand units."""
    figure, every = _figure(3, (9, 3))
    columns = (np.exp(draws[:, 0]) / 1000, draws[:, 1], draws[:, 2])
    labels = ("level of the next quarter, thousand chips", "growth a quarter", "noise")
    for axes, values, label in zip(every, columns, labels, strict=True):
        axes.hist(values, bins=40, color=PALE)
        axes.axvline(float(np.median(values)), color=INK)
        axes.set_xlabel(label)
        axes.set_yticks([])
    return _save(figure, folder, name)


def plot_behaviour(found: Calibrated, folder: Path, name: str) -> dict[str, str]:
    """Posterior of each parameter of behaviour as a histogram, over its prior as a line."""
    from interlock.lab.study.behaviour import PARAMETERS  # noqa: PLC0415 - needs the extra too

    figure, every = _figure(len(PARAMETERS), (12, 2.8))
    for k, (axes, label) in enumerate(zip(every, PARAMETERS, strict=True)):
        low, high = np.quantile(found.prior[:, k], [0, 0.999])
        edges = np.linspace(float(low), float(high), 31)
        axes.hist(found.draws[:, k], bins=edges, density=True, color=PALE)
        axes.hist(found.prior[:, k], bins=edges, density=True, histtype="step", color=INK)
        axes.set_title(f"{label}\nidentified: {found.identified(label)}", fontsize=9)
        axes.set_yticks([])
    figure.suptitle("line: prior; grey: posterior", fontsize=9)
    return _save(figure, folder, name)
