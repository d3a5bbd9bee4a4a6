"""Every command in the README and the guides is run, and prints what the page says."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs_kit import GUIDES, PAGES, ROOT, blocks, commands, differs

NOT_RUN = {"make setup", "make test", "make bench", "make lint", "make help"}
TABLES = ("orders", "draws", "accounts")
SAME_AS = {"make demo": "interlock demo"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    copy_to(tmp_path)
    return tmp_path


def copy_to(folder: Path) -> None:
    """What a reader has, to run commands in: what they write goes nowhere else."""
    for name in ("regimes", "episodes", "scenarios", "docs"):
        shutil.copytree(ROOT / name, folder / name)


def run(text: str, where: Path) -> subprocess.CompletedProcess[str]:
    keep = {
        k: v
        for k, v in os.environ.items()
        if k not in ("COLUMNS", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{keep.get('PATH', '')}"
    env = {**keep, "PATH": path, "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    return subprocess.run(
        ["bash", "-c", SAME_AS.get(text, text)],
        check=False,
        cwd=where,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )


@pytest.mark.parametrize("page", GUIDES)
def test_the_commands_of_a_page_print_what_it_shows(page: str, clone: Path) -> None:
    """One after another, as a reader runs them: a later one may use what an earlier one wrote."""
    mine = [one for one in commands(page) if one.text not in NOT_RUN]
    assert mine
    wrong = []
    for one in mine:
        done = run(one.text, clone)
        if done.returncode not in (0, 1) or "Traceback" in done.stdout:
            wrong.append(f"{page}:{one.line}: ends with {done.returncode}\n{done.stdout}")
        elif one.shown and (difference := differs(one.shown, done.stdout)):
            wrong.append(f"{page}:{one.line}: {difference}")
    assert not wrong, "\n\n".join(wrong)


def test_outputs_are_written_anew_where_they_are_shown_whole(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import docs_kit
    from refresh import renewed

    page = "page.md"
    text = "# Page\n```console\n$ {}echo a; echo b\n{}$ echo c\n...\nd\n```\nafter\n"
    monkeypatch.setattr(docs_kit, "ROOT", clone)
    for before, shown in [("", "a\n"), ("", "a\nb\nx\n"), ("true && \\\n  ", "y\n")]:
        spoilt = text.format(before, shown)
        (clone / page).write_text(spoilt, encoding="utf-8")
        right, by_hand = renewed(page, spoilt, clone)
        assert right == text.format(before, "a\nb\n")
        assert len(by_hand) == 1
        assert by_hand[0].endswith(": echo c")


def test_the_table_of_rules_says_what_each_gives() -> None:
    from interlock.sharing import RULES, share
    from interlock.sharing.read import read_problem

    tables = (ROOT / "docs/how-to/examples" / f"{name}.csv" for name in TABLES)
    problem = read_problem(*tables)
    given = {}
    for rule in RULES:
        awarded = share(problem, rule, whole=True).awarded
        given[rule] = [
            int(awarded[problem.line_index[name]]) for name in ("north", "south", "east")
        ]
    page = (ROOT / "docs/how-to/share-stock.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([\d,]+) · ([\d,]+) · ([\d,]+) \|$", page, re.MULTILINE)
    assert {rule: [int(n.replace(",", "")) for n in told] for rule, *told in rows} == given


@pytest.mark.parametrize("page", [name for name in PAGES if ">>> " in (ROOT / name).read_text()])
def test_python_on_a_page_gives_what_it_shows(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = "\n".join(content for _, content in blocks(page, "python") if ">>> " in content)
    test = doctest.DocTestParser().get_doctest(examples, {}, page, page, 0)
    told: list[str] = []
    failed, tried = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert (failed, "".join(told)) == (0, "")
    assert tried > 0


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        (("a", "b"), "a\nb\n", True),
        (("a",), "a\nb\n", False),
        (("a", "..."), "a\nb\n", True),
        (("...", "b"), "a\nb\n", True),
        (("...", "a"), "a\nb\n", False),
        (("a", "...", "c"), "a\nc\n", True),
        (("a", "...", "b", "...", "c"), "a\nx\nb\nc\n", True),
        (("a", "...", "b", "...", "c"), "a\nc\nb\n", False),
        (("b", "..."), "a\nb\n", False),
        (("a", "...", "a"), "a\n", False),
    ],
)
def test_dots_stand_for_lines_and_for_nothing_else(
    shown: tuple[str, ...], output: str, *, same: bool
) -> None:
    assert (differs(shown, output) == "") is same
