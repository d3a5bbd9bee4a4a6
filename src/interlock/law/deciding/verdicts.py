"""From outcomes to verdicts, and the greatest quantity that passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.law.deciding.decision import LegState, Outcome, Verdict

NO_BOOK = "no book is at hand; give --accounts or --book"
SHUT = "a gate is shut"


def greatest(legs: Sequence[LegState], verdict: Verdict) -> tuple[int | None, str]:
    """The greatest quantity that passes now, given a book, and its reason."""
    if verdict == "shut":
        return 0, SHUT
    lacking = [leg for leg in legs if leg.headroom is None or leg.factor is None or leg.why]
    if lacking:
        leg = lacking[0]
        named = leg.account or f"{leg.item} ({leg.gate})"
        return None, f"{named}: {leg.why or 'its balance is not known'}"
    if not legs:
        return None, "no account limits it"
    least = min(legs, key=lambda leg: (leg.headroom or 0) / (leg.factor or 1))
    assert least.headroom is not None  # noqa: S101 - lacking ones returned above
    assert least.factor is not None  # noqa: S101
    return max(0, int(least.headroom / least.factor)), f"bound by {least.account}"


def gate_verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """Shut if any rule fails, unknown if none fails and some is unknown, else open."""
    if "fail" in outcomes:
        return "shut"
    return "unknown" if "unknown" in outcomes else "open"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """All gates on the way must be open."""
    if "shut" in verdicts:
        return "shut"
    return "unknown" if "unknown" in verdicts else "open"
