"""The demo's report for people: what may pass, what is stuck and who holds the key."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from interlock.law.deciding.ways import kept_first
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.episode.book import Shared
    from interlock.episode.play import Reading, Report
    from interlock.law.deciding.decision import Decision

GATE_ORDER = ("export", "import", "supply", "customs")


def print_report(report: Report) -> None:
    """Print the report; plain text where the output is no terminal."""
    console = Console(width=None if Console().is_terminal else 108, highlight=False)
    _head(console, report)
    first = report.readings[0]
    asked = {line.id: line.quantity for line in report.episode.orders}
    _gates(console, first, asked)
    _firms(console, report, first, asked)
    for reading in report.readings:
        _reading(console, report, reading)
    _why(console, first)
    _next(console, report)


def _head(console: Console, report: Report) -> None:
    asked = sum(line.quantity for line in report.episode.orders)
    stock = sum(lot.quantity for lot in report.episode.stock)
    console.print(f"[bold]{report.episode.title}[/]  (law and claims as known on {report.law.at})")
    if report.law.assumed:
        names = ", ".join(sorted(report.law.assumed))
        console.print(f"A what-if: {names} is assumed to be in force, though only proposed.")
    console.print(
        f"{len(report.episode.orders):,} orders for {asked:,} chips; {stock:,} in stock.\n"
    )
    table = _table("The law that day", "gate", "regime", "authority", "rules", "content")
    for gate in report.law.gates:
        for one in report.law.regimes:
            if one.gate == gate and (one.clauses or one.accounts):
                table.add_row(
                    gate, one.id, one.authority, str(len(one.clauses)), f"{one.digest[:12]}"
                )
    console.print(table)


def _table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, title_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def _gates(console: Console, reading: Reading, asked: dict[str, int]) -> None:
    columns = ("gate", "open", "unknown", "shut", "what stops most")
    table = _table("\nGates, in chips asked for", *columns, right=columns[1:4])
    for gate in [g.gate for g in reading.decisions[0].gates]:
        units: Counter[str] = Counter()
        stops: Counter[str] = Counter()
        for decision in reading.decisions:
            state = next(g for g in decision.gates if g.gate == gate)
            units[state.verdict] += asked[decision.id]
            if state.verdict != "open":
                stops.update({_stopper(decision, gate): asked[decision.id]})
        cells = [f"{units[v]:,}" for v in ("open", "unknown", "shut")]
        most = ", ".join(f"{name} ({n:,})" for name, n in stops.most_common(2))
        table.add_row(gate, *cells, most)
    console.print(table)


def _stopper(decision: Decision, gate: str) -> str:
    for outcome in ("fail", "unknown"):
        for finding in decision.findings:
            if finding.gate == gate and finding.outcome == outcome:
                return finding.item
    return ""


def _firms(console: Console, report: Report, reading: Reading, asked: dict[str, int]) -> None:
    columns = ("buyer", "orders", "asked", "verdict", "if agreed as drafted", "who holds the key")
    table = _table("\nBuyers", *columns, right=columns[1:3])
    buyers = {line.id: line.buyer for line in report.episode.orders}
    grouped: dict[tuple[str, str, str], list[Decision]] = defaultdict(list)
    for decision in reading.decisions:
        key = buyers[decision.id], decision.verdict, decision.if_agreed
        grouped[key].append(decision)
    largest = sorted(grouped.items(), key=lambda one: -sum(asked[d.id] for d in one[1]))
    for (buyer, verdict, agreed), group in largest:
        name = report.episode.parties[buyer].name
        units = sum(asked[d.id] for d in group)
        table.add_row(name, str(len(group)), f"{units:,}", verdict, agreed, _keys(group[0]))
    console.print(table)


def _keys(decision: Decision) -> str:
    parts = []
    for gate in decision.gates:
        if gate.verdict != "open" and gate.open_with:
            way = kept_first(gate.open_with, vocabulary())[0]
            keys = dict.fromkeys(change.key for change in way)
            parts.append(f"{gate.gate}: {' and '.join(keys)}")
    return "; ".join(parts) or "nobody has to act"


def _reading(console: Console, report: Report, reading: Reading) -> None:
    console.print(f"\n[bold]Reading '{reading.variant}': {reading.title}[/]")
    console.print(reading.says.strip())
    for name, amount in report.sums.get(reading.variant, []):
        console.print(f"Known together ({name}): at least {amount:,} chips.")
    if reading.undisclosed:
        console.print("Not disclosed, so the greatest quantity of each firm is unknown:")
        for account in reading.undisclosed:
            console.print(f"  {account}")
    if reading.now is None:
        console.print("Nothing can be shared: each line draws on an account nobody can read.")
        return
    title = "As things stand (provisional: gates are unknown)"
    _shares(console, report, title, reading.now)
    if reading.agreed is not None:
        _shares(console, report, "If the drafts were agreed as they are", reading.agreed)
    approved = reading.now.approved
    if approved is not None:
        console.print(
            f"Reserved: {len(approved.answers):,} order lines, each on all its accounts or none; "
            f"{len(approved.refused):,} refused. "
            f"{reading.transfers:,} transfers in the book; "
            f"recount: {'agrees' if reading.verified else 'IS OFF'}."
        )


def _shares(console: Console, report: Report, title: str, shared: Shared) -> None:
    result = shared.result
    buyers = {line.id: line.buyer for line in report.episode.orders}
    asked: Counter[str] = Counter()
    awarded: Counter[str] = Counter()
    bound: dict[str, Counter[str]] = defaultdict(Counter)
    for index, order in enumerate(result.problem.orders):
        buyer = buyers[order]
        asked[buyer] += int(result.problem.ask[index])
        awarded[buyer] += int(result.awarded[index])
        bound[buyer][result.bound_by(index)] += 1
    columns = ("buyer", "asked", "gets", "bound by")
    heading = f"\n{title}: rule {result.rule}, whole chips, proof checked"
    table = _table(heading, *columns, right=columns[1:3])
    for buyer in asked:
        binding = bound[buyer].most_common(1)[0][0]
        table.add_row(
            report.episode.parties[buyer].name, f"{asked[buyer]:,}", f"{awarded[buyer]:,}", binding
        )
    table.add_row("together", f"{asked.total():,}", f"{awarded.total():,}", "")
    console.print(table)
    accounts = _table("", "account", "had", "used", "left", right=("had", "used", "left"))
    scales = {name: _scale(report, name) for name in result.problem.accounts}
    for index, name in enumerate(result.problem.accounts):
        had = int(result.problem.available[index]) / scales[name]
        used, left = result.used[index] / scales[name], result.left[index] / scales[name]
        accounts.add_row(name, f"{had:,.0f}", f"{used:,.0f}", f"{left:,.0f}")
    console.print(accounts)


def _scale(report: Report, account: str) -> int:
    name = account.partition("?")[0]
    plans = (plan for regime in report.law.regimes for plan in regime.accounts)
    places = next(plan.terms.places for plan in plans if plan.terms.name == name)
    return int(10**places)


def _why(console: Console, reading: Reading) -> None:
    from interlock.cli.show_decision import print_decisions

    chosen = next((d for d in reading.decisions if d.verdict == "unknown"), reading.decisions[0])
    console.print("\n[bold]One order in full[/]")
    print_decisions([chosen], None)


def _next(console: Console, report: Report) -> None:
    regime = "regimes/us-advanced-computing.yaml"
    fact = {
        "product": {"name": "MI325X"},
        "order": {"destination": "CN"},
        "shipment": {"origin": "US"},
    }
    commands = [
        f"interlock law show {regime} --at 2026-01-28",
        f"interlock law diff {regime} --at 2026-01-14 --and 2026-01-28",
        f"echo '{json.dumps(fact)}' | interlock decide --at 2026-01-28 -",
        "interlock claims show episodes/h200/claims.yaml --known 2026-01-28",
    ]
    console.print("\n[bold]Next[/]")
    for command in commands:
        console.print(f"  {command}", soft_wrap=True, markup=False)
    console.print(f"The book of the first reading stays in {report.book}.", soft_wrap=True)
