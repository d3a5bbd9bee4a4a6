"""`interlock decide` on CSV and Parquet: millions of cases through the columnar law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from interlock.cli.common import DONE, FINDINGS, Format, refuse_option

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.law.compiling.compile import Law
    from interlock.law.model import Stage


def decide_bulk(law: Law, source: Path, stage: Stage, out: Path | None, format_: Format) -> int:
    """Decide a table, write it beside its verdicts, and give the exit code.

    The result has `id` where given, `verdict`, `if_agreed` (the verdict if pending conditions were
    agreed as drafted), the verdict of each gate, one outcome for each rule and `because`, the rule
    that decides.

    Raises:
        BadInputError: with row and column; nothing is written.
    """
    import json

    import polars as pl

    from interlock.law.bulk import decide_table
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
        ready = intake(frame, law, file=str(source), header=header)
        decided = decide_table(law, stage, ready)
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
