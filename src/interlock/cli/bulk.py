"""`interlock decide` on CSV and Parquet: millions of cases through the columnar law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from interlock.cli.common import DONE, FINDINGS, Format, refuse_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

    from interlock.evidence import Claims
    from interlock.law.cases.intake import Intake
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.legs import AccountState
    from interlock.law.model import Stage


@dataclass(frozen=True)
class Asked:
    """For what a table is decided.

    With `accounts` (what the book holds) or a `viewer` it is decided row by row, else in columns.
    """

    law: Law
    claims: Mapping[str, Claims]
    stage: Stage
    accounts: Mapping[str, AccountState] | None = None
    viewer: str | None = None

    def decide(self, ready: Intake) -> pl.LazyFrame:
        """The table that `intake` made ready, with its decisions."""
        if self.accounts is None and self.viewer is None:
            from interlock.law.bulk import decide_table

            return decide_table(self.law, self.stage, ready)
        from interlock.law.rows import decide_rows

        return decide_rows(
            self.law,
            self.claims,
            self.stage,
            ready,
            accounts=self.accounts,
            viewer=self.viewer,
        ).lazy()


def decide_bulk(asked: Asked, source: Path, out: Path | None, format_: Format) -> int:
    """Decide a table, write it beside its verdicts, and give the exit code.

    The result has `id` where given, `verdict`, `if_agreed` (the verdict if pending conditions were
    agreed as drafted), the verdict of each gate, one outcome for each rule and `because`, the rule
    that decides; with a book also the outcome of each account and the greatest quantity.

    Raises:
        BadInputError: with row and column; nothing is written.
    """
    import json

    import polars as pl

    from interlock.law.cases.intake import intake
    from interlock.law.cases.tables import read_table, unreadable

    target = out or source.with_name(f"{source.stem}.decided{source.suffix}")
    if target.suffix.lower() not in (".csv", ".parquet"):
        refuse_option(
            "--out", f"'{target}' is neither CSV nor Parquet", "end it in .csv or .parquet"
        )
    # Written beside its place and moved there whole: nobody ever reads half a result.
    part = target.with_name(f".{target.name}.part")
    try:
        frame, header = read_table(str(source))
        ready = intake(frame, asked.law, file=str(source), header=header)
        decided = asked.decide(ready)
        if target.suffix.lower() == ".parquet":
            decided.sink_parquet(part, compression="lz4", statistics=False)
        else:
            decided.sink_csv(part)
        part.replace(target)
    except pl.exceptions.PolarsError as error:
        raise unreadable(str(source), error) from error
    finally:
        part.unlink(missing_ok=True)
    parquet = target.suffix.lower() == ".parquet"
    result = pl.scan_parquet(target) if parquet else pl.scan_csv(target)
    verdicts = result.group_by("verdict").len().collect(engine="streaming")
    counts = {str(verdict): count for verdict, count in verdicts.iter_rows()}
    if format_ is Format.json:
        typer.echo(json.dumps({"out": str(target), "rows": ready.rows, "verdicts": counts}))
    else:
        for verdict in ("open", "shut", "unknown"):
            typer.echo(f"{verdict:<8} {counts.get(verdict, 0):>15,}")
        typer.echo(f"{ready.rows:,} decided, written to {target}")
    return DONE if counts.keys() <= {"open"} else FINDINGS
