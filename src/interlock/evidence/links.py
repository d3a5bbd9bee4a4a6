"""Claims of one file together: ids that stand once, links that lead somewhere and make sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from interlock.files import Place, nearest
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.evidence.claims import Claim
    from interlock.files import Faults

LINKS: Final = ("supports", "contradicts", "supersedes")


@dataclass(frozen=True)
class Draft:
    """A claim as read, with the places that only messages need.

    `places` is keyed by a key of the claim (`id`, `value`), or by `<link>:<target id>`.
    """

    claim: Claim
    places: Mapping[str, Place]

    def place(self, key: str) -> Place:
        """Where the key stands, else the claim."""
        return self.places.get(key, self.claim.place)


def check_together(drafts: Sequence[Draft], faults: Faults) -> None:
    """Note every fault that shows only between claims."""
    first: dict[str, Draft] = {}
    for draft in drafts:
        name = draft.claim.id
        if not name:
            continue
        if name in first:
            wrong = phrase(
                "the id '{name}' is taken ({where})", name=name, where=_where(first[name], "id")
            )
            faults.add(draft.place("id"), wrong, phrase("give each claim its own id"))
        else:
            first[name] = draft
    for draft in drafts:
        _check_links(draft, first, faults)
    _check_cycles(first, faults)
    _check_units(drafts, faults)


def _check_links(draft: Draft, known: dict[str, Draft], faults: Faults) -> None:
    claim = draft.claim
    for link in LINKS:
        for target in getattr(claim, link):
            place = draft.place(f"{link}:{target}")
            if target == claim.id:
                faults.add(
                    place,
                    phrase("'{target}' {link} itself", target=target, link=link),
                    phrase("name another claim"),
                )
            elif target not in known:
                mend = nearest(target, set(known) - {claim.id})
                faults.add(
                    place,
                    phrase(
                        "no claim '{target}' to be linked by '{link}'", target=target, link=link
                    ),
                    mend,
                )
            elif link == "supersedes" and known[target].claim.known > claim.known:
                later = known[target].claim.known
                wrong = phrase(
                    "'{claim}' of {known} supersedes '{target}' of {later}, made later",
                    claim=claim.id,
                    known=claim.known,
                    target=target,
                    later=later,
                )
                faults.add(
                    place,
                    wrong,
                    phrase("let the later claim supersede the earlier, or mend a date"),
                )
    for target in claim.supports:
        if target in claim.contradicts:
            wrong = phrase("'{target}' is both supported and contradicted", target=target)
            faults.add(
                draft.place(f"contradicts:{target}"), wrong, phrase("keep one of the two links")
            )


def _check_cycles(known: dict[str, Draft], faults: Faults) -> None:
    """A claim may not come to supersede itself through others. Each knot is noted once.

    Peels off, again and again, the claims that supersede nothing left over; what cannot be peeled
    lies on a circle or leads into one, and walking from any of it ends in a circle.
    """
    left = {
        name: [old for old in draft.claim.supersedes if old in known and old != name]
        for name, draft in known.items()
    }
    while peeled := [name for name, olds in left.items() if not any(old in left for old in olds)]:
        for name in peeled:
            del left[name]
    noted: set[str] = set()
    for start in left:
        path: list[str] = []
        name = start
        while name not in path and name not in noted:
            path.append(name)
            name = next(old for old in left[name] if old in left)
        if name in path:
            _note_circle(path[path.index(name) :], known, faults)
        noted.update(path)


def _note_circle(circle: list[str], known: dict[str, Draft], faults: Faults) -> None:
    last, first = circle[-1], circle[0]
    way = " -> ".join([*circle, first])
    mend = phrase("remove one of these links: the last word on a fact is superseded by none")
    faults.add(
        known[last].place(f"supersedes:{first}"),
        phrase("supersedes runs in a circle: {way}", way=way),
        mend,
    )


def _check_units(drafts: Sequence[Draft], faults: Faults) -> None:
    """One subject is counted in one unit, else two values of it could not be compared."""
    units: dict[str, tuple[str, Draft]] = {}
    for draft in drafts:
        value = draft.claim.value
        if value.lower is None and value.upper is None and value.middle is None:
            continue
        unit, first = units.setdefault(draft.claim.subject, (value.unit, draft))
        if unit != value.unit:
            shown = [f"'{word}'" if word else phrase("no unit") for word in (value.unit, unit)]
            wrong = phrase(
                "'{subject}' is counted in {unit}, and in {other} {place}",
                subject=draft.claim.subject,
                unit=shown[0],
                other=shown[1],
                place=_where(first, "value", on=True),
            )
            faults.add(draft.place("value"), wrong, phrase("write the same unit for one subject"))


def _where(draft: Draft, key: str, *, on: bool = False) -> Phrase:
    """The line where a key stands; without lines, the claim."""
    line = draft.place(key).line
    if not line:
        return phrase("in claim '{claim}'", claim=draft.claim.id)
    return phrase("on line {line}", line=line) if on else phrase("line {line}", line=line)
