"""Reading regime files: every fault of form in one pass, or a `Regime`.

Expressions are kept as text with their places; `check` gives them names, types and units.
Format: docs/reference/regime-file.md.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from interlock.evidence import load_claims
from interlock.files import BadInputError, Fault, Faults, Place, digest_of, nearest, read_yaml
from interlock.files.phrases import phrase
from interlock.law.model import Regime
from interlock.law.reading.accounts import check_parents, read_accounts
from interlock.law.reading.chinese import read_chinese
from interlock.law.reading.context import Reading, section_keys
from interlock.law.reading.dates import read_versions
from interlock.law.reading.facts import (
    read_facts,
    read_lists,
    read_names,
    read_parameters,
    read_party_facts,
    read_sources,
)
from interlock.law.reading.items import read_conditions, read_exceptions, read_rounds, read_rules
from interlock.law.reading.kinds import Label
from interlock.law.reading.names import check_names
from interlock.law.reading.tables import REGIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.evidence import Claims
    from interlock.files import Node
    from interlock.law.reading.shapes import Record


def read_regime(path: str | Path, *, name: str | None = None) -> Regime:
    """Read one regime file.

    Args:
        path: the file.
        name: how the file is called in messages; default the path as given.

    Returns:
        The regime, free of faults of form. `claims_file` is the path of its claims file from where
        `path` starts, and `digest` the SHA-256 of its content and of its claims file's, which
        comments, spacing, quotes, the order of keys and the section `chinese` do not change.

    Raises:
        BadInputError: with every fault of the file, those of its claims file included.
    """
    faults = Faults()
    regime = _in_part(Path(path), faults, name)
    faults.raise_if_any()
    assert regime is not None  # noqa: S101 - whatever cannot be read has a fault
    return regime


def _in_part(path: Path, found: Faults, name: str | None = None) -> Regime | None:
    """What can be read of a file, with the names that its faults make doubtful; None: nothing."""
    faults = Faults()
    try:
        root = read_yaml(path, name=name, faults=faults)
    except BadInputError as error:
        found.found.extend(error.faults)
        return None
    record = REGIME.read(root, Label(phrase("the file"), root.place), faults)
    root = REGIME.mended(root)
    regime = None if record is None else _of_record(path, root, record, faults)
    if regime is not None and faults.found:
        regime = replace(regime, doubtful=_doubtful(root, faults))
    found.found.extend(faults.found)
    return regime


def _doubtful(root: Node, faults: Faults) -> frozenset[str]:
    """Ids of the items in which a fault lies, those of a condition's parameters included.

    Nothing is known for sure of them, so what is said of them elsewhere is not examined.
    """
    starts: list[tuple[Place, tuple[str, ...]]] = []
    for section, place in (root.keys or {}).items():
        starts.append((place, ()))
        for name, at in section_keys(root, section).items():
            starts.append((at, (name,)))
    conditions = root.value.get("conditions") if isinstance(root.value, dict) else None
    kinds = conditions.value if conditions is not None else None
    for name, kind in (kinds if isinstance(kinds, dict) else {}).items():
        inside = section_keys(kind, "parameters").items()
        starts += [(at, (name, parameter)) for parameter, at in inside]
    starts.sort()
    places = [place for place, _ in starts]
    found: set[str] = set()
    for fault in faults.found:
        before = bisect_right(places, fault.place)
        if before and fault.place.file == root.place.file:
            found.update(starts[before - 1][1])
    return frozenset(found)


def _of_record(path: Path, root: Node, record: Record, faults: Faults) -> Regime:
    _check_timezone(record, faults)
    claims_file, claims = _claims(record, path.parent, faults)
    grades = None if claims is None else {one.id: str(one.grade) for one in claims.claims}
    # Law that everybody may read says so: left out, an item belongs to its own gate (R11).
    visible_to = record.texts("visible_to") or (f"officer:{record.text('gate')}",)
    reading = Reading(root, record, faults, grades, visible_to)
    digest = digest_of(root, without="chinese")  # a name in another language is no law
    if claims is not None:  # a decision rests on what is claimed as well as on what is written
        digest = hashlib.sha256(f"{digest}\n{claims.digest}".encode()).hexdigest()
    return _regime(reading, claims_file, digest)


def read_regimes(paths: str | Path | Iterable[str | Path]) -> tuple[Regime, ...]:
    """Read several regime files; one pass reports the faults of all of them.

    Args:
        paths: a directory (its `*.yaml` by name, without `*.test.yaml`, `*.claims.yaml` and
            `claims.yaml`), a file, or several of either.

    Returns:
        The regimes in the order of the paths.

    Raises:
        BadInputError: faults of a file, a directory without a regime file, one id in two files.
    """
    faults = Faults()
    regimes = collect_regimes(regime_files(paths, faults), faults)
    faults.raise_if_any()
    return regimes


def collect_regimes(files: Iterable[Path], faults: Faults) -> tuple[Regime, ...]:
    """The regimes of those files, with their faults; one with faults of form is read in part.

    What was read of it serves to find its other faults in the same pass, and for nothing else.
    """
    found: list[Regime] = []
    whole: dict[str, Regime] = {}
    for file in files:
        before = len(faults.found)
        regime = _in_part(file, faults)
        if regime is None:
            continue
        found.append(regime)
        if len(faults.found) > before:
            continue
        first = whole.setdefault(regime.id, regime)
        if first is not regime:
            wrong = phrase(
                "'{id}' is the regime of {path} too", id=regime.id, path=first.place.file
            )
            mend = phrase("give one of them another id, or read one of them")
            faults.add(regime.place, wrong, mend)
    return tuple(found)


def regime_files(paths: str | Path | Iterable[str | Path], faults: Faults) -> tuple[Path, ...]:
    """The regime files that paths name: files as they are, and those of directories."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    return tuple(file for path in given for file in _files(Path(path), faults))


def _files(path: Path, faults: Faults) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(
        file
        for file in path.glob("*.yaml")
        if "." not in file.stem and file.stem != "claims" and file.is_file()
    )
    if not found:
        wrong = phrase("is a directory without a regime file")
        faults.found.append(
            Fault(Place(str(path)), wrong, phrase("give one that holds <regime>.yaml"))
        )
    return found


def _regime(reading: Reading, claims_file: str, digest: str) -> Regime:
    record = reading.regime
    reading.sources.update(read_sources(reading))
    reading.versions.update(read_versions(reading))
    check_names(reading)
    conditions, accounts = read_conditions(reading), read_accounts(reading)
    within = {name: kind.account for name, kind in conditions.items() if kind.account is not None}
    check_parents(reading, {**within, **accounts})
    return Regime(
        id=record.text("regime"),
        title=record.text("title"),
        authority=record.text("authority"),
        gate=record.text("gate"),
        timezone=record.text("timezone"),
        visible_to=reading.visible_to,
        applies=record.expression("applies"),
        place=reading.root.place,
        digest=digest,
        sources=reading.sources,
        claims_file=claims_file,
        versions=reading.versions,
        names=read_names(reading),
        parameters=read_parameters(reading),
        lists=read_lists(reading),
        party_facts=read_party_facts(reading),
        facts=read_facts(reading),
        rules=read_rules(reading),
        exceptions=read_exceptions(reading),
        conditions=conditions,
        accounts=accounts,
        rounds=read_rounds(reading),
        chinese=read_chinese(reading),
    )


def _check_timezone(record: Record, faults: Faults) -> None:
    name = record.text("timezone")
    if not name or name == "UTC":
        return
    try:
        # Names without a slash (EST, GMT+8) are abbreviations that have meant several things.
        known = "/" in name and ZoneInfo(name) is not None
    except (OSError, ValueError, KeyError):  # what ZoneInfo raises for names that are no zone
        known = False
    if not known:
        zones = [zone for zone in available_timezones() if "/" in zone]
        mend = nearest(name, zones)
        if not mend.startswith("did"):
            mend = phrase("write an IANA name, e.g. America/New_York or Asia/Shanghai")
        faults.add(record.at("timezone"), phrase("'{name}' is no timezone", name=name), mend)


def _claims(record: Record, folder: Path, faults: Faults) -> tuple[str, Claims | None]:
    given = record.text("claims")
    if not given:
        return "", None
    place = record.at("claims")
    if Path(given).is_absolute():
        mend = phrase("write it from this file's folder, so that both can be moved together")
        faults.add(place, phrase("'{given}' is an absolute path", given=given), mend)
        return "", None
    path = folder / given
    if not path.is_file():
        wrong = phrase("there is no claims file '{given}'", given=given)
        faults.add(place, wrong, phrase("give its path from this file's folder"))
        return "", None
    try:
        return path.as_posix(), load_claims(path)
    except BadInputError as error:
        faults.found.extend(error.faults)
        return "", None
