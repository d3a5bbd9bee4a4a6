"""How alike two names are: a score in [0, 1] with the parts that make it.

The parts of names, the words known in several languages and the edit distance are those of
`rigour` (OpenSanctions); the way of weighing them follows its matcher "logic-v2" in nomenklatura,
with one difference: a part of fewer than four letters (al, de, bin) weighs less, by its length.
docs/reference/screening.md describes the score and gives its figures.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rigour.names import (
    CompareConfig,
    Name,
    NamePart,
    NamePartTag,
    NameTypeTag,
    SymbolCategory,
    align_person_name_order,
    analyze_names,
    compare_parts,
    pair_symbols,
)
from rigour.text import is_stopword

from interlock.screening.model import Evidence
from interlock.screening.romanise import romanised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rigour.names import Alignment

    from interlock.screening.model import PartyType

TAGS: dict[PartyType, NameTypeTag] = {
    "": NameTypeTag.ENT,
    "person": NameTypeTag.PER,
    "company": NameTypeTag.ORG,
    "organisation": NameTypeTag.ORG,
    "vessel": NameTypeTag.OBJ,
}
_LONG_PART = 4  # letters from which a part of a name has its whole weight


class _Weights(NamedTuple):
    """Of one kind of known word: its score where both have it, its weight then, and if one has."""

    score: float = 0.9
    both: float = 1.0
    alone: float = 1.0


_KINDS = {
    SymbolCategory.ORG_CLASS: _Weights(score=0.8, both=0.7, alone=0.7),
    SymbolCategory.INITIAL: _Weights(both=0.5),
    SymbolCategory.NICK: _Weights(score=0.6, both=0.8),
    SymbolCategory.SYMBOL: _Weights(both=0.3, alone=0.7),
    SymbolCategory.DOMAIN: _Weights(both=0.7),
    SymbolCategory.NUMERIC: _Weights(both=1.3, alone=1.3),
    SymbolCategory.LOCATION: _Weights(both=0.8, alone=0.8),
}
_PLAIN = _Weights()
_EXTRA_GIVEN, _EXTRA_LISTED = 0.8, 0.2  # lists give fuller names than papers do
_FAMILY_NAME, _STOPWORD = 1.3, 0.7
_COMPARE = CompareConfig()


def analysed(names: Iterable[str], kind: PartyType, *, given: bool) -> list[Name]:
    """Names taken apart: each as written, and in Latin letters where rigour leaves it as it is.

    Args:
        names: as written, in any script.
        kind: what bears them; empty if not known.
        given: True for the screened side, where a single letter counts as an initial.
    """
    tag = TAGS[kind]
    written = [form for name in names for form in (name, romanised(name, kind)) if form]
    found = analyze_names(
        tag, list(dict.fromkeys(written)), infer_initials=given, consolidate=False
    )
    return sorted(found, key=lambda name: name.form)


def compare(given: Name, listed: Name) -> tuple[float, tuple[Evidence, ...]]:
    """The score of two names, and its parts. 1.0 if they agree in every letter.

    The score is the weighted mean over the parts of both names. There may be several ways to pair
    the words that rigour knows; the best one counts.
    """
    if given.comparable == listed.comparable:
        return 1.0, (Evidence("same", given.comparable, listed.comparable, 1.0, 1.0),)
    best = 0.0
    why: tuple[Evidence, ...] = ()
    for pairing in pair_symbols(given, listed):
        parts = tuple(_weighed(one, given, listed) for one in _aligned(pairing, given, listed))
        weight = sum(part.weight for part in parts)
        score = sum(part.score * part.weight for part in parts) / weight if weight else 0.0
        if score > best or not why:
            best, why = score, parts
    return min(best, 1.0), why


def _aligned(pairing: Sequence[Alignment], given: Name, listed: Name) -> list[Alignment]:
    """Known words first; what they leave over by edit distance."""
    used_given = {part for one in pairing for part in one.qps}
    used_listed = {part for one in pairing for part in one.rps}
    left = [part for part in given.parts if part not in used_given]
    right = [part for part in listed.parts if part not in used_listed]
    if not left and not right:
        return list(pairing)
    if given.tag == NameTypeTag.PER:
        left, right = align_person_name_order(left, right)
    else:
        left, right = NamePart.tag_sort(left), NamePart.tag_sort(right)
    return [*pairing, *compare_parts(left, right, config=_COMPARE)]


def _weighed(one: Alignment, given: Name, listed: Name) -> Evidence:
    kind = _KINDS.get(one.symbol.category, _PLAIN) if one.symbol else _PLAIN
    score = kind.score if one.symbol else one.score
    weight = kind.both
    if not one.qps:
        feature, weight = "extra_listed", _EXTRA_LISTED * _alone(one.rps, listed)
    elif not one.rps:
        feature, weight = "extra_given", _EXTRA_GIVEN * _alone(one.qps, given)
    elif one.qstr == one.rstr:
        feature, score = "same", 1.0
    else:
        feature = "symbol" if one.symbol else "similar"
    if any(len(side) == 1 and is_stopword(side[0].form) for side in (one.qps, one.rps)):
        weight *= _STOPWORD
    if any(part.tag == NamePartTag.FAMILY for part in (*one.qps, *one.rps)):
        weight *= _FAMILY_NAME
    letters = max(sum(len(part.comparable) for part in side) for side in (one.qps, one.rps))
    weight *= min(1.0, letters / _LONG_PART)
    return Evidence(feature, one.qstr, one.rstr, round(score, 4), round(weight, 4))


def _alone(parts: Sequence[NamePart], name: Name) -> float:
    """The weight of a part that only one of the two names has."""
    if len(parts) == 1 and is_stopword(parts[0].form):
        return 0.5
    weight = 1.0
    for span in name.spans:
        category, first = span.symbol.category, span.parts[0]
        # A lone letter may be read as a Roman numeral; that is no number of its own.
        letter = category == SymbolCategory.NUMERIC and len(span.parts) == 1
        if letter and not first.numeric and len(first.comparable) < 2:
            continue
        if tuple(span.parts) == tuple(parts):
            weight *= _KINDS.get(category, _PLAIN).alone
    return weight


@lru_cache(maxsize=1)
def warm_up() -> None:
    """Load the words that rigour knows (some seconds, once in a process)."""
    for tag in (NameTypeTag.PER, NameTypeTag.ORG):
        analyze_names(tag, ["warm up"])
