"""What numbers rest on: reading it, and refusing what rests on nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from interlock.episode.model import Basis, Figure, Source
from interlock.evidence.fields import Fields
from interlock.evidence.value_reader import VALUE_KEYS, value_of_fields
from interlock.files import Faults, Place, nearest
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from interlock.evidence import Claims
    from interlock.files import Node
    from interlock.goods.table import Row

BASIS_KEYS: Final = frozenset({"source", "claims", "assumption", "note"})
FIGURE_KEYS: Final = VALUE_KEYS | BASIS_KEYS
_MEND: Final = phrase("name `source:` or `claims:`, or say `assumption: true`")


@dataclass
class Reading:
    """What the readers of an episode's files share while they read."""

    faults: Faults = field(default_factory=Faults)
    sources: dict[str, Source] = field(default_factory=dict)
    claims: Claims | None = None
    variants: tuple[str, ...] = ()
    parties: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)

    def known(self, name: str, names: set[str], noun: Phrase, place: Place) -> bool:
        """Whether a name leads somewhere; a fault if not. The empty name was judged before."""
        if name and name not in names:
            self.faults.add(
                place, phrase("no {noun} '{name}'", noun=noun, name=name), nearest(name, names)
            )
            return False
        return bool(name)

    def basis(self, fields: Fields, *, needed: bool = True) -> Basis:
        """The basis that a mapping states beside its other keys."""
        sources = fields.placed_names("source")
        claims = fields.placed_names("claims")
        assumption = fields.flag("assumption")
        basis = self._checked(sources, claims, assumption, fields.text("note", needed=False))
        if needed and not basis.given and isinstance(fields.node.value, dict):
            self.faults.add(
                fields.node.place, phrase("{what} rests on nothing", what=fields.what), _MEND
            )
        return basis

    def _checked(
        self,
        sources: list[tuple[str, Place]],
        claims: list[tuple[str, Place]],
        assumption: bool,
        note: str,
    ) -> Basis:
        for name, place in sources:
            self.known(name, set(self.sources), phrase("source"), place)
        if self.claims is not None:
            ids = {claim.id for claim in self.claims.claims}
            for name, place in claims:
                self.known(name, ids, phrase("claim"), place)
        names = tuple(name for name, _ in sources)
        return Basis(names, tuple(name for name, _ in claims), assumption, note)

    def figure(self, node: Node, what: Phrase) -> Figure:
        """A number or bound with its basis: `{at_least: 400000, unit: chip, claims: [..]}`."""
        fields = Fields(node, what, FIGURE_KEYS, self.faults)
        if not isinstance(node.value, dict):
            return Figure(value_of_fields(Fields(node, what, FIGURE_KEYS, Faults())), Basis())
        return Figure(value_of_fields(fields), self.basis(fields))

    def cell(self, row: Row) -> Basis:
        """The basis in a table's cell: words `assumption`, `source:<id>`, `claim:<id>`."""
        place = row.place("basis")
        sources: list[tuple[str, Place]] = []
        claims: list[tuple[str, Place]] = []
        assumption = False
        for word in row.text("basis").split():
            kind, colon, name = word.partition(":")
            if word == "assumption":
                assumption = True
            elif colon and name and kind in ("source", "claim"):
                (sources if kind == "source" else claims).append((name, place))
            else:
                mend = phrase("write assumption, source:<id> or claim:<id>, with blanks between")
                self.faults.add(place, phrase("'{word}' is no basis", word=word), mend)
        basis = self._checked(sources, claims, assumption, "")
        if not row.text("basis"):
            mend = phrase("write assumption, source:<id> or claim:<id>")
            self.faults.add(place, phrase("the row rests on nothing"), mend)
        return basis
