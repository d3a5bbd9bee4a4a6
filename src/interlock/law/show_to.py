"""A regime as one viewer may read it (R11): what `law show --as` leaves out.

An item that the viewer may not see is gone. One that it may see, but that rests on something hidden
(a parameter, a derived fact, an account), is withheld: its id and its words stay, its text goes.
A regime of which a part is hidden shows no digest, for a digest confirms a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.law.deciding.audience import Audiences, Readers, check_viewer, sees
from interlock.law.show import SECTIONS

if TYPE_CHECKING:
    from interlock.law.compiling.checked import CheckedRegime
    from interlock.law.show_parts import Fields


def shown_to(shown: Fields, checked: CheckedRegime, viewer: str) -> Fields:
    """What `show_regime` gives, as one viewer may read it.

    Args:
        shown: a whole regime, or one item of it.
        checked: that regime.
        viewer: `public`, `holder` or `officer:<gate>`.

    Returns:
        The same form; `withheld` names the items whose text is left out.

    Raises:
        UnknownViewerError: there is no such viewer at this regime's gate.
    """
    gate = checked.regime.gate
    check_viewer(viewer, [gate])
    audiences = Audiences(checked)

    def all_seen(readers: frozenset[Readers]) -> bool:
        return all(sees(viewer, one, gate) for one in readers)

    found: Fields = dict(shown)
    found["withheld"] = []
    for section in SECTIONS:
        found[section] = []
        for item in shown[section]:
            if "visible_to" in item and not sees(viewer, tuple(item["visible_to"]), gate):
                continue
            if all_seen(_behind(audiences, section, item["id"])):
                found[section].append(item)
            else:
                found["withheld"].append(
                    {"section": section, "id": item["id"], "says": item["says"]}
                )
    if not all_seen(audiences.everything):
        found["digest"] = None
    if not all_seen(audiences.applies):
        found["applies"] = None
    return found


def _behind(audiences: Audiences, section: str, name: str) -> frozenset[Readers]:
    """The readers of what an item's text tells of other items."""
    checked = audiences.checked
    if section in ("facts", "party_facts"):
        return audiences.facts[name]
    if section == "lists":  # nobody is told who is on a list that a hidden fact looks at
        parties = checked.regime.party_facts.values()
        return frozenset(party.visible_to for party in parties if name in party.lists)
    if section == "accounts":
        return audiences.account(name)
    if section == "conditions":
        account = checked.regime.conditions[name].account
        own = frozenset() if account is None else {account.terms.visible_to}
        within = frozenset() if account is None else audiences.account(account.id, name)
        return audiences.wording(name) | own | within
    if section == "exceptions":
        return audiences.exception(name)
    if section == "rounds":
        return audiences.round(name)
    return audiences.wording(name) if section == "rules" else frozenset()
