"""What `import interlock` gives, what it costs, and what a wheel holds."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import interlock
from interlock.files.bundled import bundled

ROOT = Path(__file__).parents[2]
EXPORTED = [
    *("RULES", "AccountState", "BadInputError", "CaseReader", "Catalogue", "Claims", "Decider"),
    *("Decision", "Fault", "Finding", "FrameLaw", "Grade", "InterlockError", "Law", "Ledger"),
    *("Library", "Line", "Problem", "Product", "Result", "RuleColumns", "catalogue"),
    *("load_claims", "load_regimes", "make_problem", "product_from_facts", "ratio", "redacted"),
    "share",
]
HEAVY = ("celpy", "highspy", "numba", "numpy", "polars", "rich", "ruamel", "typer", "sqlite3")


def test_the_exported_names() -> None:
    assert interlock.__all__ == EXPORTED
    assert set(EXPORTED) <= set(dir(interlock))


@pytest.mark.parametrize("name", EXPORTED)
def test_a_name_is_the_thing_of_its_package(name: str) -> None:
    home = importlib.import_module(interlock._HOME[name])
    assert getattr(interlock, name) is getattr(home, name)


def test_type_checkers_are_told_the_same_homes() -> None:
    tree = ast.parse((ROOT / "src/interlock/__init__.py").read_text(encoding="utf-8"))
    told = {
        node.module: tuple(alias.name for alias in node.names)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }
    assert told == interlock._HOMES
    assert sorted(interlock._HOME) == sorted(EXPORTED)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'interlock' has no attribute 'shares'$"):
        interlock.shares  # noqa: B018


def test_importing_loads_nothing_heavy_until_a_name_is_used() -> None:
    program = (
        "import sys, interlock\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])\n"
        "print(sorted(m for m in sys.modules if m.startswith('interlock.')))\n"
        "interlock.catalogue\n"
        "print('interlock.goods' in sys.modules, 'polars' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, ["[]", "[]", "True False"])


def test_the_commands_are_told_without_the_heavy_libraries() -> None:
    program = (
        "import sys, interlock.cli.main\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules and m not in ('typer', 'rich')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "[]\n")


def packages() -> list[str]:
    found = pkgutil.walk_packages(interlock.__path__, "interlock.")
    return ["interlock", *(module.name for module in found if module.ispkg)]


def test_every_package_says_what_it_is() -> None:
    names = packages()
    assert {"interlock.law", "interlock.law.expr", "interlock.cli", "interlock.store"} <= set(names)
    for name in names:
        said = importlib.import_module(name).__doc__ or ""
        assert len(said.split()) >= 8, f"{name} does not say what it is"


def test_a_wheel_holds_the_law_and_the_episode() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {
        "regimes": "interlock/bundled/regimes",
        "episodes": "interlock/bundled/episodes",
        "scenarios": "interlock/bundled/scenarios",
    }
    # A clone has them at its root, beside src/; the same names are looked up in a wheel.
    assert [bundled(name) for name in wheel["force-include"]] == [
        ROOT / "regimes",
        ROOT / "episodes",
        ROOT / "scenarios",
    ]
    assert (bundled("episodes") / "h200" / "episode.yaml").is_file()
    # A regime names its claims file from its own folder, so the two must stay neighbours.
    assert (bundled("regimes") / "../episodes/h200/claims.yaml").resolve().is_file()
