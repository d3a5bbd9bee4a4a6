"""Write the generated files of `docs/` anew: `make schemas`.

A generated file is committed, and a test compares it with what its generator gives.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

CLONE = Path(__file__).parents[3]


def generated() -> dict[str, str]:
    """Every generated file: path from the root of the repository -> its text."""
    from interlock.lab.reading.schema import scenario_schema_text
    from interlock.law.cases.schema import case_schema_text
    from interlock.law.reading.schema import regime_schema_text
    from interlock.law.vocabulary import vocabulary_page

    return _of_the_book() | {
        "docs/reference/schemas/case.json": case_schema_text(),
        "docs/reference/schemas/regime.json": regime_schema_text(),
        "docs/reference/schemas/scenario.json": scenario_schema_text(),
        "docs/reference/vocabulary.md": vocabulary_page(),
    }


def _of_the_book() -> dict[str, str]:
    """Pages made from the book's tables, and the description of its API."""
    _set_up_django()
    from interlock.api.main import api
    from interlock.api.problems import problems_page
    from interlock.book.pages import lifecycles_page, rights_table

    schema = json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, sort_keys=True)
    return {
        "docs/reference/lifecycles.md": lifecycles_page(),
        "docs/reference/openapi.json": schema + "\n",
        "docs/reference/problems.md": problems_page(),
        "docs/reference/rights.txt": rights_table(),
    }


def _set_up_django() -> None:
    """Django with its tables' definitions and no database: nothing here reads one."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.site.settings")
        os.environ.setdefault("INTERLOCK_SECRET_KEY", "signs nothing: pages alone are made")
        django.setup()


def write(root: Path) -> list[str]:
    """Write the files that differ from what is there.

    Args:
        root: of a clone; its `docs/` must be there.

    Returns:
        The paths written, from the root; those that were right already are not touched.

    Raises:
        FileNotFoundError: there is no `docs/`, as in an installed copy.
    """
    if not (root / "docs").is_dir():
        msg = f"{root} has no docs/; run this in a clone of the repository"
        raise FileNotFoundError(msg)
    written = []
    for name, text in generated().items():
        path = root / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(name)
    return written


def main(root: Path = CLONE) -> int:
    """Write, and name what changed on standard output; 2 where there is nothing to write to."""
    try:
        written = write(root)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lines = [f"written: {name}" for name in written] or ["every generated file is as it should be"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
