"""Many decisions at once, on facts that the caller brings, as the caller may see them (R11)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl

from interlock.book import law
from interlock.book.loading.tables import require_fit
from interlock.book.rights import require_some
from interlock.book.selectors.accounts import ledger, may_see
from interlock.book.selectors.decisions import LedgerStates
from interlock.files import BadInputError, Fault, Faults, Place
from interlock.files.jsonl import read_objects
from interlock.files.phrases import phrase
from interlock.law.bulk import decide_table
from interlock.law.cases.intake import intake
from interlock.law.cases.tables import unreadable
from interlock.law.deciding.audience import OFFICER, PUBLIC, sees
from interlock.law.deciding.decision import to_json
from interlock.law.deciding.redact import redacted

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.rights import Actor
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.legs import AccountState
    from interlock.law.model import Stage

MOST_LINES = 10_000


class SeenStates(LedgerStates):
    """The accounts that an actor may see; any other is as if it were not in the book."""

    def __init__(self, actor: Actor, now: dt.datetime) -> None:
        super().__init__(ledger(), now)
        self.actor = actor

    def _read(self, name: str) -> AccountState | None:
        account = self.ledger.account(name)
        if account is None or not may_see(self.actor, account):
            return None
        return super()._read(name)


def viewer_for_facts(actor: Actor) -> str:
    """Whose eyes see decisions on facts that anybody could make up.

    A firm may try any number of cases, so it sees what the public sees: no outcome that rests on
    what is hidden.
    """
    return f"{OFFICER}{actor.gate}" if actor.gate else PUBLIC


def decide_lines(
    actor: Actor, text: str, stage: Stage, *, at: dt.date, known: dt.date, now: dt.datetime
) -> list[dict[str, Any]]:
    """Decide JSON lines of facts, one decision a line, in their order.

    Raises:
        BadInputError: every fault with line and column; nothing was decided.
    """
    faults = Faults()
    reader, decider = law.reader_on(at, known), law.decider_on(at, known)
    given = read_objects(text.split("\n"), "body", faults)
    if len(given) > MOST_LINES:
        number, _, locate = given[MOST_LINES]
        wrong = phrase("line {number} is one of more than {most:,}", number=number, most=MOST_LINES)
        faults.add(locate(()), wrong, phrase("send a Parquet table, or several bodies"))
        faults.raise_if_any()
    cases = []
    for number, facts, locate in given:
        try:
            cases.append(reader.read(facts, number, locate))
        except BadInputError as error:
            faults.found.extend(error.faults)
    faults.raise_if_any()
    states, viewer = SeenStates(actor, now), viewer_for_facts(actor)
    return [
        to_json(redacted(decider.decide(case, stage=stage, accounts=states), viewer))
        for case in cases
    ]


def decide_parquet(
    actor: Actor, data: bytes, stage: Stage, *, at: dt.date, known: dt.date
) -> bytes:
    """Decide a Parquet table of facts, and give a table with the verdicts.

    An officer gets the outcomes of the rules that they may read, and no name of a rule that they
    may not. Tables are for officers and auditors: rows by the million would tell a firm what single
    answers do not.

    Raises:
        DeniedError: the actor acts for a firm.
        BadInputError: with row and column; nothing was decided.
    """
    require_some(actor, "table.decide", "a table")
    compiled = law.law_on(at, known)
    try:
        require_fit(data)
    except ValueError as error:
        wrong = phrase("cannot be read ({error})", error=error)
        mend = phrase("send a Parquet file, or several smaller ones")
        raise BadInputError([Fault(Place("body.parquet"), wrong, mend)]) from error
    try:
        frame = pl.scan_parquet(io.BytesIO(data))
        ready = intake(frame, compiled, file="body")
        decided = decide_table(compiled, stage, ready).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable("body.parquet", error) from error  # type: ignore[arg-type]
    out = io.BytesIO()
    _seen(decided, compiled, actor).write_parquet(out)
    return out.getvalue()


def _seen(decided: pl.DataFrame, compiled: Law, actor: Actor) -> pl.DataFrame:
    """Without the rules that an officer may not read."""
    if "auditor" in actor.roles:
        return decided
    hidden = [
        clause.name
        for regime in compiled.regimes
        for clause in regime.clauses
        if not sees(f"{OFFICER}{actor.gate}", clause.visible_to, clause.gate)
    ]
    because = pl.col("because").cast(pl.String)
    return decided.drop(hidden, strict=False).with_columns(
        pl.when(because.is_in(hidden)).then(pl.lit("what is not disclosed")).otherwise(because)
    )
