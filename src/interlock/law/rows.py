"""A table decided row by row: against a book, or for one viewer.

What an account still has, and what a viewer may see, are no columns of a table, so these go through
`Decider`, some thousand rows a second; `bulk` decides the law alone at full speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from interlock.law.cases.intake import roles_of
from interlock.law.cases.reader import Case
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interlock.evidence import Claims
    from interlock.law.cases.intake import Intake
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.decision import Decision
    from interlock.law.deciding.legs import AccountState
    from interlock.law.model import Stage


def decide_rows(
    law: Law,
    claims: Mapping[str, Claims],
    stage: Stage,
    ready: Intake,
    *,
    accounts: Mapping[str, AccountState] | None = None,
    viewer: str | None = None,
) -> pl.DataFrame:
    """A table with its decisions, made one by one.

    Args:
        law: compiled for a day.
        claims: regime id -> the claims its items rest on.
        stage: for which stage the decisions are made.
        ready: the table as `intake` made it ready.
        accounts: account key -> its state in the book; None: no book is at hand.
        viewer: who looks; None: somebody who may see everything.

    Returns:
        Columns: `id` where given, `verdict`, `if_agreed`, each gate, the outcome of each rule and
        account (null where the case draws on none), `because`, `max_quantity` and its reason.
    """
    decider = Decider(law, claims)
    named = "id" in ready.frame.collect_schema()
    made: list[dict[str, Any]] = []
    for case in _cases(ready, law):
        decision = decider.decide(case, stage=stage, accounts=accounts, reasons=viewer is not None)
        seen = decision if viewer is None else redacted(decision, viewer)
        made.append(_row(seen, {"id": case.id} if named else {}))
    outcomes = list(dict.fromkeys(name for row in made for name in row["outcomes"]))
    schema: dict[str, pl.DataType] = {"id": pl.String()} if named else {}
    schema |= dict.fromkeys(("verdict", "if_agreed"), pl.String())
    schema |= dict.fromkeys((f"gate.{gate}" for gate in law.gates), pl.String())
    schema |= dict.fromkeys((*outcomes, "because"), pl.String())
    schema |= {"max_quantity": pl.Int64(), "max_quantity_reason": pl.String()}
    rows = [{**row, **row.pop("outcomes")} for row in made]
    return pl.DataFrame(rows, schema=schema)


def _cases(ready: Intake, law: Law) -> Iterator[Case]:
    roles = tuple(law.vocabulary.roles)
    frame = ready.frame.collect(engine="streaming")
    for number, row in enumerate(frame.iter_rows(named=True), 1):
        facts = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in row.items()
            if value is not None and name != "id" and not name.startswith("@")
        }
        name = row.get("id")
        yield Case(str(number if name is None else name), facts, roles_of(row, roles))


def _row(decision: Decision, head: dict[str, Any]) -> dict[str, Any]:
    counted = [f for f in decision.findings if f.agreed is not None]  # not what lies dormant
    outcomes = {f"{one.regime}/{one.item}": one.outcome for one in counted}
    because = next((n for n, o in outcomes.items() if o == "fail"), None)
    if because is None:
        because = next((n for n, o in outcomes.items() if o == "unknown"), None)
    return {
        **head,
        "verdict": decision.verdict,
        "if_agreed": decision.if_agreed,
        **{f"gate.{gate.gate}": gate.verdict for gate in decision.gates},
        "outcomes": outcomes,
        "because": because,
        "max_quantity": decision.max_quantity,
        "max_quantity_reason": decision.max_quantity_reason or None,
    }
