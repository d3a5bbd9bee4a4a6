"""The book's history under regimes that somebody proposes in words, as they may see it (R11).

Who guards a gate may try law of that gate; an auditor may try any. A firm may not: a rule made up
for the purpose would tell what its own orders' decisions keep from it. Writes nothing.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.book import law, rights, sealing
from interlock.book.errors import DeniedError, InputError, input_error
from interlock.book.selectors.law_history import OFTEN, Recorder, blocks_of, rows_to_walk
from interlock.book.selectors.law_replay import hidden_from, other_law, require_history
from interlock.files import BadInputError
from interlock.files.phrases import Phrase, phrase, verbatim
from interlock.files.yaml import parse_yaml
from interlock.law.library import Library, UnknownAssumptionError, load_regimes
from interlock.replay.laws import Laws
from interlock.replay.report import PLAYED, replay_blocks

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from interlock.book.rights import Actor
    from interlock.files import Fault
    from interlock.replay.report import Report

MOST_PAST = 200_000
"""Rows of the audit log that are played while one waits; a longer history is a job's."""
JOBS = "/api/v1/replays"
_CLAIMS = re.compile(r"^claims:[^\n]*$", re.MULTILINE)
_KEPT = "book.claims.yaml"


@dataclass(frozen=True)
class Proposal:
    """Law that somebody proposes, and of which decisions it is asked.

    Attributes:
        texts: regime files, in place of the book's of the same id.
        assumed: proposed versions that are taken to be in force.
        on: the day whose law is taken for all; None: each decision keeps its own.
        between: only decisions from a day to a day.
        accounts: also play what moved accounts.
    """

    texts: tuple[str, ...] = ()
    assumed: frozenset[str] = frozenset()
    on: dt.date | None = None
    between: tuple[dt.date | None, dt.date | None] = (None, None)
    accounts: bool = False


def read_proposal(actor: Actor, proposal: Proposal) -> Library:
    """The law that somebody proposes, once it is sure that they may try it.

    Raises:
        DeniedError: a firm, or law of a gate that is not the actor's.
        InputError: every fault of the texts, an unknown assumption, a first day after the last, or
            nothing that differs from the book's own law.
    """
    rights.require_some(actor, "law.replay", "the book's history")
    require_history(actor, accounts=proposal.accounts)
    since, until = proposal.between
    if since and until and since > until:
        raise InputError({"since": phrase("it is after the last day, {last}", last=f"{until}")})
    if not (proposal.texts or proposal.assumed or proposal.on):
        wrong = phrase(
            "nothing is proposed; give the text of a regime, something proposed to be taken as in "
            "force, or the day whose law is taken for all"
        )
        raise InputError({"regimes": wrong})
    own = law.library()
    other = other_law(_read(proposal.texts)) if proposal.texts else own
    _require_own_gate(actor, own, other)
    try:
        other.check_assumed(sorted(proposal.assumed))
    except UnknownAssumptionError as error:
        raise InputError({"assume": verbatim(str(error))}) from error
    return other


def replay_proposed(actor: Actor, proposal: Proposal, *, now: dt.datetime) -> dict[str, Any]:
    """What the book's past decisions would have been, and what would have moved, while one waits.

    Args:
        actor: who asks.
        proposal: the law, and which decisions.
        now: the clock.

    Returns:
        The stable form of `docs/reference/schemas/replay.json`.

    Raises:
        DeniedError, InputError: as for `read_proposal`; also a history that is too long.
    """
    other = read_proposal(actor, proposal)
    number = sum(sealing.status()[:2])
    if number > MOST_PAST:
        wrong = phrase(
            "the history has {number} rows; ask for it as a job (POST {job}), or run {command}",
            number=f"{number:,}",
            job=JOBS,
            command="`interlock replay`",
        )
        raise InputError({"regimes": wrong})
    return _replay(actor, proposal, other, now, None).to_json()


def replay_told(
    actor: Actor, proposal: Proposal, *, now: dt.datetime, told: Callable[[int, int], None]
) -> Report:
    """The same of a history of any length; `told` hears how much is done, of how much in all.

    Raises:
        DeniedError, InputError: as for `read_proposal`.
    """
    return _replay(actor, proposal, read_proposal(actor, proposal), now, told)


def _replay(
    actor: Actor,
    proposal: Proposal,
    other: Library,
    now: dt.datetime,
    told: Callable[[int, int], None] | None,
) -> Report:
    own = law.library()
    walk = rows_to_walk() if told is not None else 0
    # Accounts are played twice; each time is told as if it took as long as reading the log.
    of = walk * 3 if proposal.accounts else walk

    def read(walked: int) -> None:
        if told is not None:
            told(min(walked, walk), of)

    def played_on(what: str, done: int, steps: int) -> None:
        if told is not None and done % OFTEN == 0:
            before = walk * 2 if what.endswith(PLAYED[1]) else walk
            told(before + walk * done // steps, of)

    if told is not None:
        told(0, of)
    recorder = Recorder(now, None, with_steps=proposal.accounts, told=read)
    found = replay_blocks(
        blocks_of(recorder),
        (lambda: recorder.steps) if proposal.accounts else None,
        (Laws(own), Laws(other, proposal.assumed, proposal.on)),
        now=now,
        between=proposal.between,
        told=played_on,
    )
    unread = tuple(recorder.unread)
    return replace(found, unread=unread, hidden=hidden_from(actor, own, other))


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


def _read(texts: Iterable[str]) -> Library:
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
