"""The texts of the law kept in the book, so that an old decision can be made again by its own law.

Regime files, their claims files and the list files are kept once for each content (`LawText`); who
rests on them keeps their names and digests. Loading puts them side by side again as they lay.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings

from interlock.book import law, lists
from interlock.book.models import LawText
from interlock.law.library import Library, load_regimes

DEEP = PurePosixPath("a/b/c/d/regimes")
"""Claims files lie beside or above the regimes; so deep, `..` stays inside the folder."""
LISTS = PurePosixPath("lists")


def keep() -> dict[str, str]:
    """Keep the law at hand, if it is not kept yet; name of each file -> its SHA-256."""
    texts = _at_hand(law.stamp())
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    known = set(
        LawText.objects.filter(digest__in=set(digests.values())).values_list("digest", flat=True)
    )
    fresh = {digests[name]: text for name, text in texts.items() if digests[name] not in known}
    LawText.objects.bulk_create(
        (LawText(digest=digest, text=text) for digest, text in sorted(fresh.items())),
        ignore_conflicts=True,
    )
    return digests


@lru_cache(maxsize=2)
def _at_hand(_stamp: law.Stamp) -> dict[str, str]:
    """The files of the law as it is loaded: name -> text."""
    found: dict[str, str] = {}
    for checked in law.library().checked:
        regime = checked.regime
        path = Path(regime.place.file)
        found[str(DEEP / path.name)] = path.read_text(encoding="utf-8")
        if regime.claims_file:
            claims = Path(regime.claims_file)
            way = PurePosixPath(os.path.relpath(claims, path.parent).replace(os.sep, "/"))
            name = os.path.normpath(DEEP / way).replace(os.sep, "/")
            found[name] = claims.read_text(encoding="utf-8")
    if settings.LISTS is not None:
        for name, _, _ in lists.stamp():
            text = (settings.LISTS / name).read_text(encoding="utf-8")
            found[str(LISTS / name)] = text
    return found


def load(files: dict[str, str]) -> Library | None:
    """The law of files that were kept, by name and SHA-256; None: a text is lost or was changed.

    Raises:
        BadInputError: this version of the program does not read that law any more.
    """
    return _load(tuple(sorted(files.items())))


@lru_cache(maxsize=4)
def _load(files: tuple[tuple[str, str], ...]) -> Library | None:
    kept = LawText.objects.in_bulk([digest for _, digest in files])
    with tempfile.TemporaryDirectory(prefix="interlock-law-") as folder:
        root = Path(folder).resolve()
        for name, digest in files:
            text = kept[digest].text if digest in kept else ""
            path = (root / name).resolve()
            same = hashlib.sha256(text.encode()).hexdigest() == digest
            if not same or not path.is_relative_to(root):
                return None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if not (root / DEEP).is_dir():
            return None
        found = load_regimes(root / DEEP)
        of_files = lists.read_folder(root / LISTS) if (root / LISTS).is_dir() else ()
        return Library(lists.in_law(found.checked, of_files), found.claims)
