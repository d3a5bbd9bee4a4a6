"""Write the shown outputs of the guides anew: `.venv/bin/python tests/docs/refresh.py`.

Only outputs shown whole are rewritten. One with lines left out (`...`) was trimmed by a person, so
it is named where it no longer agrees, and left to a person.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from docs_kit import GUIDES, ROOT, commands, differs, text_of
from test_commands import NOT_RUN, copy_to, run


def renewed(page: str, text: str, clone: Path) -> tuple[str, list[str]]:
    """The page's text with fresh outputs, and the places that a person has to look at."""
    lines, by_hand = text.splitlines(), []
    fresh = [
        (one, run(one.text, clone).stdout) for one in commands(page) if one.text not in NOT_RUN
    ]
    for one, output in reversed(fresh):
        if not one.shown or not differs(one.shown, output):
            continue
        if "..." in one.shown:
            by_hand.append(f"{page}:{one.line}: {one.text}")
            continue
        first = one.line + one.text.count("\n")
        shown = [line.rstrip() for line in output.rstrip().splitlines()]
        lines[first : first + len(one.shown)] = shown
    return "\n".join(lines) + "\n", by_hand[::-1]


def main() -> int:
    left = []
    for page in GUIDES:
        with tempfile.TemporaryDirectory() as folder:
            copy_to(Path(folder))
            text, by_hand = renewed(page, text_of(page), Path(folder))
        (ROOT / page).write_text(text, encoding="utf-8")
        left += by_hand
    sys.stdout.writelines(f"trim this one by hand: {one}\n" for one in left)
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
