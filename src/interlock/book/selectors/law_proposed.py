"""The book's history under regimes that somebody proposes in words, as they may see it (R11).

Who guards a gate may try law of that gate; an auditor may try any. A firm may not: a rule made up
for the purpose would tell what its own orders' decisions keep from it. Writes nothing.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.book import law, rights, sealing
from interlock.book.errors import DeniedError, InputError, input_error
from interlock.book.selectors.law_replay import hidden_from, other_law, read_history
from interlock.files import BadInputError
from interlock.files.phrases import Phrase, phrase, verbatim
from interlock.files.yaml import parse_yaml
from interlock.law.library import Library, UnknownAssumptionError, load_regimes
from interlock.replay.laws import Laws
from interlock.replay.report import replay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from interlock.book.rights import Actor
    from interlock.files import Fault

MOST_PAST = 200_000
"""Rows of the audit log; a longer history is replayed by the command line."""
_CLAIMS = re.compile(r"^claims:[^\n]*$", re.MULTILINE)
_KEPT = "book.claims.yaml"


def replay_proposed(
    actor: Actor,
    texts: Sequence[str],
    *,
    assumed: frozenset[str],
    on: dt.date | None,
    between: tuple[dt.date | None, dt.date | None],
    accounts: bool,
    now: dt.datetime,
) -> dict[str, Any]:
    """What the book's past decisions would have been, and what would have moved.

    Args:
        actor: who asks.
        texts: regime files, in place of the book's of the same id.
        assumed: proposed versions that are taken to be in force.
        on: the day whose law is taken for all; None: each decision keeps its own.
        between: only decisions from a day to a day.
        accounts: also play what moved accounts.
        now: the clock.

    Returns:
        The stable form of `docs/reference/schemas/replay.json`.

    Raises:
        DeniedError: a firm, or law of a gate that is not the actor's.
        InputError: every fault of the texts, an unknown assumption, a history that is too long.
    """
    rights.require_some(actor, "law.replay", "the book's history")
    number = sum(sealing.status()[:2])
    if number > MOST_PAST:
        wrong = phrase(
            "the history has {number} rows; use `interlock replay`, which takes any number",
            number=f"{number:,}",
        )
        raise InputError({"regimes": wrong})
    own, other = law.library(), other_law(_read(texts)) if texts else law.library()
    _require_own_gate(actor, own, other)
    try:
        other.check_assumed(sorted(assumed))
    except UnknownAssumptionError as error:
        raise InputError({"assume": verbatim(str(error))}) from error
    read = read_history(actor, now=now, accounts=accounts)
    laws, history = (Laws(own), Laws(other, assumed, on)), (read.history, read.history)
    found = replay(history, laws, accounts=accounts, now=now, between=between)
    return replace(found, unread=read.unread, hidden=hidden_from(actor, own, other)).to_json()


def _require_own_gate(actor: Actor, own: Library, other: Library) -> None:
    """Refuse law that is put in place of another gate's, or made for it."""
    if "auditor" in actor.roles:
        return
    before = {one.regime.id: one.regime for one in own.checked}
    for one in other.checked:
        mine = before.get(one.regime.id)
        if mine is one.regime:
            continue
        if {one.regime.gate, mine.gate if mine else actor.gate} != {actor.gate}:
            raise DeniedError(actor.name, "law.replay", f"law of another gate: '{one.regime.id}'",
                              ("auditors",))  # fmt: skip


def _read(texts: Sequence[str]) -> Library:
    """Regimes from texts, resting on the claims that the book's regime of that id rests on."""
    kept = {one.regime.id: one.regime.claims_file for one in law.library().checked}
    faults: dict[str, Phrase] = {}
    with tempfile.TemporaryDirectory(prefix="interlock-proposed-") as folder:
        paths = []
        for number, text in enumerate(texts):
            home = Path(folder) / str(number)
            home.mkdir()
            paths.append(home / "regime.yaml")
            try:
                paths[-1].write_text(_with_claims(text, home, kept), encoding="utf-8")
            except BadInputError as error:
                _note(faults, number, error.faults)
        try:
            found = load_regimes([path for path in paths if path.is_file()])
        except BadInputError as error:
            for fault in error.faults:
                _note(faults, int(Path(fault.place.file).parent.name), [fault])
    if faults:
        raise InputError(faults)
    return found


def _with_claims(text: str, home: Path, kept: dict[str, str]) -> str:
    """The text with its claims file, which it may name and not choose, beside it.

    Raises:
        BadInputError: no YAML, or claims that the book does not have.
    """
    tree = parse_yaml(text.encode(), "regime").value
    if not isinstance(tree, dict) or "claims" not in tree:
        return text
    name = str(tree["regime"].value) if "regime" in tree else ""
    if not kept.get(name):
        wrong = phrase(
            "the book has no claims for '{regime}'; take 'claims' out, or name the book's regime",
            regime=name,
        )
        raise InputError({"regimes": wrong})
    told = _CLAIMS.sub(f"claims: {_KEPT}", text)
    after = parse_yaml(told.encode(), "regime").value
    if not isinstance(after, dict) or str(after["claims"].value) != _KEPT:
        # A path of the caller's would read a file of the server.
        raise input_error("regimes", "write 'claims: ...' on one line of its own")
    shutil.copyfile(kept[name], home / _KEPT)
    return told


def _note(faults: dict[str, Phrase], number: int, found: Iterable[Fault]) -> None:
    """Keep faults of one text by its number and their places."""
    for one in found:
        field = f"regimes.{number}.{one.place.line}.{one.place.column}"
        faults[field] = one.says
