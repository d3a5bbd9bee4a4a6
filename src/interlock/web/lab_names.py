"""What a result of the lab calls its firms and counts its measures in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from interlock.web.inwords import HOLDERS
from interlock.web.names import names_of

if TYPE_CHECKING:
    from interlock.book.rights import Actor

COUNTED_IN = {
    "home_share": gettext_noop("share, 0 to 1"), "hhi": gettext_noop("0 to 1"),
    "wait_days": gettext_noop("days"), "domestic": gettext_noop("domestic chips"),
    "unused": gettext_noop("units"), "asked": gettext_noop("units"),
    "allocated": gettext_noop("units"), "shipped": gettext_noop("units"),
    "delivered": gettext_noop("units"), "waiting": gettext_noop("units"),
    "held": gettext_noop("units"),
}  # fmt: skip
"""What a measure is counted in; any other in the scenario's unit of compute."""


def unit_of(measure: str, found: dict[str, Any]) -> str:
    """What a measure of a result is counted in."""
    return _(COUNTED_IN[measure]) if measure in COUNTED_IN else str(found.get("compute_unit", ""))


def firm_names(actor: Actor, found: dict[str, Any]) -> dict[str, str]:
    """`party/id` -> name, for the firms of a result and for the parties in its accounts' keys.

    A name of the scenario's own goes before the book's: it is the scenario that calls a firm so.
    """
    ids = set(found.get("firms", {})) | _holders(found)
    names = {key: str(name) for key, name in names_of(actor, ids).items()}
    own = found.get("names", {})
    return names | {f"party/{firm}": str(name) for firm, name in own.items()}


def called(names: dict[str, str], firm: str) -> str:
    """A firm by its name, or by its id where it has none."""
    return names.get(f"party/{firm}", firm)


def _holders(found: dict[str, Any]) -> set[str]:
    """The parties in the keys of a result's accounts: `...?exporter=nvidia&product=h200`."""
    pairs = (
        pair.partition("=")[::2]
        for one in found.get("accounts", [])
        for pair in str(one.get("account", "")).partition("?")[2].split("&")
    )
    return {value for name, value in pairs if name.partition(".")[0] in HOLDERS}
