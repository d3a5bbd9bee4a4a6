"""What the law says of kinds of condition: their parameters, and who may waive them."""

from __future__ import annotations

from typing import Any

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.models import Condition
from interlock.book.services import facts as checked_facts
from interlock.files import nearest
from interlock.files.phrases import Phrase, phrase
from interlock.law.model import ConditionKind


def kind_of(act: Act, condition: Condition) -> ConditionKind | None:
    """The kind of a condition, if the law of the day has it."""
    return act.law().conditions_of(condition.licence.gate).get(condition.condition_kind)


def check_kind(act: Act, gate: str, kind: str, parameters: dict[str, Any]) -> None:
    """Refuse a kind or parameters that the law of the day does not know at a gate.

    Raises:
        InputError: each fault: the kind, an unknown parameter, too many places, out of range.
    """
    known = act.law().conditions_of(gate)
    if kind not in known:
        mend = (
            nearest(kind, known)
            if known
            else phrase("the gate '{gate}' has no conditions", gate=gate)
        )
        raise input_error(
            "condition_kind", "'{kind}' is no kind of condition here; {mend}", kind=kind, mend=mend
        )
    one = {"kind": kind, "status": "drafted", "parameters": parameters}
    before = "licence." + gate + ".conditions.0."
    checked_facts.read(
        act, {"licence": {gate: {"conditions": [one]}}}, lambda path: path.removeprefix(before)
    )


def condition_faults(act: Act, condition: Condition) -> dict[str, Phrase]:
    """What the law of the day finds wrong with a condition on file, by field."""
    try:
        check_kind(act, condition.licence.gate, condition.condition_kind, condition.parameters)
    except InputError as error:
        return error.faults
    return {}
