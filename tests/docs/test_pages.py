"""Links lead somewhere, the indexes name every page, and pages speak of the project alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs_kit import PAGES, ROOT, anchors, links, text_of

INDEXED = [name for name in PAGES if name.startswith("docs/") and name != "docs/README.md"]
FOREIGN = {
    "paths of one machine": r"/(?:work|tmp|home|root|opt|Users)/",
    "what is still to be filled in": r"\b(?:TODO|FIXME|XXX|TBD|lorem ipsum)\b",
}


@pytest.mark.parametrize("page", PAGES)
def test_links_resolve(page: str) -> None:
    broken = []
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if (
            not path.resolve().is_relative_to(ROOT)
            or not path.exists()
            or (anchor and anchor not in anchors(path.resolve().relative_to(ROOT).as_posix()))
        ):
            broken.append(target)
    assert broken == []


def test_the_index_names_every_page() -> None:
    docs = ROOT / "docs"
    named = {(docs / target.partition("#")[0]).resolve() for target in links("docs/README.md")}
    missing = [name for name in INDEXED if (ROOT / name).resolve() not in named]
    assert missing == []


def test_the_index_names_every_schema() -> None:
    there = {
        f"reference/schemas/{path.name}" for path in ROOT.glob("docs/reference/schemas/*.json")
    }
    assert there <= set(links("docs/README.md"))


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_of_the_project_alone(page: str, what: str) -> None:
    assert re.findall(FOREIGN[what], text_of(page)) == []


def test_the_lock_file_names_no_address() -> None:
    lock = text_of("requirements.lock")
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links|file:", lock) == []
    pins = re.findall(r"^[a-z0-9-]+==.*$", lock, re.MULTILINE)
    assert len(pins) > 40
    assert all(pin.endswith("\\") for pin in pins), "each pin goes on with its hashes"
    assert len(re.findall(r"^    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)) >= len(pins)


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    names = {re.split(r"[><=~!;\[ ]", one)[0] for one in wanted}
    page = text_of("docs/decisions/dependencies.md")
    told = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert sorted(told) == sorted(names)


def test_the_glossary_has_every_word_of_the_vocabulary_of_accounts() -> None:
    from interlock.law.deciding.decision import OUTCOMES
    from interlock.law.model import STAGES

    glossary = text_of("docs/concepts/glossary.md")
    for word in [*OUTCOMES, *STAGES, "open", "shut", "unknown"]:
        assert f"`{word}`" in glossary, word


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(
        int(Path(name).name[:4])
        for name in PAGES
        if re.match(r"docs/decisions/\d{4}-[a-z0-9-]+\.md$", name)
    )
    assert numbers == list(range(1, len(numbers) + 1))
    for name in PAGES:
        if re.match(r"docs/decisions/\d{4}-", name):
            heads = re.findall(r"^## (.*)$", text_of(name), re.MULTILINE)
            assert heads == ["Context", "Decision", "Consequences"], name
