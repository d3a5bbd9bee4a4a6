"""Replays of the book's history that somebody asked for: long work, kept with what came of it.

A replay is no thing of the book and changes none. It is of the history as it was recorded when it
was asked for, so one that was cut off is begun anew and comes to the same. It is made with the eyes
of whoever asked, and read in their office alone, by those who may replay law themselves (R11).
"""

from __future__ import annotations

import io
import json
from itertools import count
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import transaction
from django.db.models import Q

from interlock.book import law, rights
from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.ids import new_id
from interlock.book.long_work import Queue
from interlock.book.models import Office, Replay, ReplayPart
from interlock.book.rights import Actor
from interlock.book.selectors.law_proposed import Proposal, read_proposal, replay_told
from interlock.files.phrases import phrase
from interlock.files.spreadsheets import plain_column
from interlock.law.bulk import VERDICT_TYPE
from interlock.replay.history import META
from interlock.replay.rules import RULES_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from interlock.book.long_work import Telling

KIND = "replay"
MOST_WAITING = 20
"""Replays of one office that wait or run."""
PART = 5_000
"""Changed decisions in one part."""
MOST_TRIES = 3


def ask(actor: Actor, proposal: Proposal, *, now: datetime) -> Replay:
    """Ask for a replay; a job plays it.

    Args:
        actor: who asks; it is made as they may see the book.
        proposal: the law, and which decisions.
        now: the clock; what is recorded later is left out.

    Raises:
        DeniedError: they may not try this law.
        InputError: every fault of the texts, an unknown assumption; or too many of them wait.
    """
    other = read_proposal(actor, proposal)
    waiting = Replay.objects.filter(party=actor.party, state__in=("waiting", "running"))
    if waiting.count() >= MOST_WAITING:
        wrong = phrase(
            "{number} replays of your office wait; ask when one of them has ended",
            number=MOST_WAITING,
        )
        raise InputError({"regimes": wrong})
    since, until = proposal.between
    mine = {id(one.regime) for one in law.library().checked}
    proposed = {one.regime.id for one in other.checked if id(one.regime) not in mine}
    return Replay.objects.create(
        name=new_id(KIND), by=actor.name, user_id=actor.user, party_id=actor.party, gate=actor.gate,
        roles=sorted(actor.roles), whole=_sees_all(actor), texts=list(proposal.texts),
        ids=sorted(proposed), assumed=sorted(proposal.assumed), on=proposal.on, since=since,
        until=until, accounts=proposal.accounts, asked_at=now,
    )  # fmt: skip


def _sees_all(actor: Actor) -> bool:
    return "auditor" in actor.roles


def visible(actor: Actor) -> QuerySet[Replay]:
    """The replays that an actor may read: those of their own office, made with no sharper eyes."""
    if not rights.has_right(actor, "law.replay"):
        return Replay.objects.none()
    found = Replay.objects.filter(party=actor.party)
    return found if _sees_all(actor) else found.filter(whole=False)


def find(actor: Actor, name: str) -> Replay:
    """One replay.

    Raises:
        NotFoundError: there is none for this actor.
    """
    found = visible(actor).filter(name=name).first()
    if found is None:
        raise NotFoundError(KIND, name)
    return found


# -- played ---------------------------------------------------------------------------------------


def _played(row: Replay, telling: Telling[Replay]) -> dict[str, Any]:
    """Play a replay that was taken, and keep what changes."""
    proposal = Proposal(
        tuple(row.texts), frozenset(row.assumed), row.on, (row.since, row.until), row.accounts
    )
    asker = _asker(row, telling.clock())

    def told(done: int, of: int) -> None:
        row.of = of
        telling.how_far(done, of=of)

    found = replay_told(asker, proposal, now=row.asked_at, told=told)
    changed = found.told_changes()
    with transaction.atomic():
        telling.write(heard_at=telling.clock())  # nobody else keeps parts of it meanwhile
        row.parts.all().delete()
        for first in range(0, changed.height or 1, PART):
            table = parquet(changed.slice(first, PART))
            ReplayPart.objects.create(replay=row, first=first, table=table)
    result = json.dumps(found.to_json(), ensure_ascii=False)
    return {"done": row.of, "changed": changed.height, "result": result}


QUEUE = Queue(Replay, KIND, _played, most_tries=MOST_TRIES)


def _asker(row: Replay, now: datetime) -> Actor:
    """Who asked, in those of their offices then that they still hold.

    Raises:
        DeniedError: they hold none in which they may replay law.
    """
    roles = frozenset(row.roles)
    if row.user_id is not None:
        still = Q(until__isnull=True) | Q(until__gt=now)
        held = Office.objects.filter(
            still, user=row.user_id, party=row.party_id, user__is_active=True
        )
        roles &= frozenset(held.values_list("role", flat=True))
    asker = Actor(row.by, row.party_id, row.gate, roles, row.user_id)
    if row.whole and not _sees_all(asker):
        raise DeniedError(row.by, "law.replay", row.name, ("auditor",))
    return asker


# -- what came of it ------------------------------------------------------------------------------


def changes(row: Replay, first: int, most: int) -> list[dict[str, Any]]:
    """Some changed decisions, from number `first` on, in their order.

    Each has what `interlock.replay.history.META` names, `before` and `after`, the same of each
    gate, and `rules`.
    """
    low = first // PART * PART
    parts = row.parts.filter(first__gte=low, first__lt=first + most).order_by("first")
    tables = [_table(one) for one in parts]
    if not tables:
        return []
    return pl.concat(tables).slice(first - low, most).to_dicts()


def require_done(row: Replay) -> None:
    """Refuse to give what is not there yet.

    Raises:
        MoveError: the replay is not done.
    """
    if row.state != "done":
        why = phrase("what changes is known when the replay is done")
        raise MoveError(KIND, row.name, "read", why)


def _pieces(row: Replay) -> Iterator[pl.DataFrame]:
    """All changed decisions, part by part."""
    for first in count(0, PART):
        part = row.parts.filter(first=first).first()
        if part is None:
            return
        yield _table(part)


def as_csv(row: Replay) -> Iterator[bytes]:
    """All changed decisions as CSV, part by part; spreadsheets read it and run nothing of it."""
    for number, frame in enumerate(_pieces(row)):
        buffer = io.BytesIO()
        flat = frame.with_columns(_rules_in_words(), pl.col("stage").cast(pl.String))
        texts = [name for name, kind in flat.schema.items() if kind == pl.String()]
        flat.with_columns(plain_column(name) for name in texts).write_csv(
            buffer, include_header=not number, include_bom=not number
        )
        yield buffer.getvalue()


def as_parquet(row: Replay) -> bytes:
    """All changed decisions as one Parquet file, the same as `interlock replay --out` writes."""
    return parquet(pl.concat(_pieces(row)))


def _rules_in_words() -> pl.Expr:
    one = pl.element().struct
    words = pl.format(
        "{}: {} > {}", one.field("rule"), one.field("before").fill_null("none"),
        one.field("after").fill_null("none"),
    )  # fmt: skip
    return pl.col("rules").cast(RULES_TYPE).list.eval(words).list.join("; ")


def parquet(frame: pl.DataFrame) -> bytes:
    """Some changed decisions as a Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def nothing() -> pl.DataFrame:
    """No changed decision, with its columns."""
    kinds = {**META, "before": VERDICT_TYPE, "after": VERDICT_TYPE, "rules": RULES_TYPE}
    return pl.DataFrame(schema=kinds)


def _table(part: ReplayPart) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(bytes(part.table)))
