"""The catalogue of products: the open data file, with our own sourced additions on top.

An addition wins over the data file, figure by figure, and says why. Loading reads and checks every
cell (a few milliseconds); a product is only built when somebody asks for it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from interlock.evidence import BadGradeError, Grade
from interlock.files.faults import Faults, InterlockError, nearest
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.goods.metrics import Rate
from interlock.goods.product import Product
from interlock.goods.source import Fact, Source
from interlock.goods.table import Row, read_table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from fractions import Fraction

_T = TypeVar("_T")
DATA: Final = Path(__file__).parent / "data"
EPOCH: Final = "epoch-ml-hardware"
_TERA: Final = 10**12
_GIGA: Final = 10**9
RATES: Final = {  # column of the data file -> format, bit length
    "fp16_dense_flop_s": ("fp16", 16),
    "fp8_dense_flop_s": ("fp8", 8),
    "fp4_dense_flop_s": ("fp4", 4),
    "int8_op_s": ("int8", 8),
}
ADDED_RATES: Final = {
    "fp16_tflops": ("fp16", 16),
    "fp8_tflops": ("fp8", 8),
    "fp4_tflops": ("fp4", 4),
    "int8_tops": ("int8", 8),
}
ADDED_METRICS: Final = ("tpp", "dram_bandwidth_gbps", "interconnect_gbps")
ADDED_FIELDS: Final = frozenset(
    {*ADDED_RATES, *ADDED_METRICS, "alias", "maker", "die_area_mm2", "process_nm"}
    | {"datacentre", "us_available_since", "chips"}
)
_CHIP_COLUMNS: Final = ("name", "manufacturer", "release_date", *RATES, "memory_bandwidth_byte_s")
_CHIP_OPTIONAL: Final = (
    *("memory_bytes", "tdp_w", "die_mm2", "process_nm", "foundry"),
    *("tpp_bitop_s", "datasheet"),
)


class ProductNameError(InterlockError):
    """A name leads to no single product; `name` as asked, `candidates` what may be meant."""

    def __init__(self, name: str, candidates: tuple[str, ...], wrong: Phrase) -> None:
        self.name = name
        self.candidates = candidates
        self.wrong = wrong
        self.mend = (
            phrase("write one of: {names}", names=phrases(candidates))
            if candidates
            else phrase("give its metrics")
        )
        self.says = phrases((wrong, self.mend), "; ")
        super().__init__(self.says)


class UnknownProductError(ProductNameError):
    """No product has this name or alias."""

    def __init__(self, name: str, candidates: tuple[str, ...]) -> None:
        super().__init__(name, candidates, phrase("no product is called '{name}'", name=name))


class AmbiguousProductError(ProductNameError):
    """Several products are meant by this name."""

    def __init__(self, name: str, candidates: tuple[str, ...]) -> None:
        number = len(candidates)
        wrong = phrase("'{name}' may mean {number} products", name=name, number=number)
        super().__init__(name, candidates, wrong)


@dataclass
class _Draft:
    """What the files say of one product, checked but not yet put together."""

    name: str
    maker: Fact[str]
    chip: Row | None = None
    aliases: list[str] = field(default_factory=list)
    rates: dict[str, Rate] = field(default_factory=dict)
    figures: dict[str, Fact[Fraction]] = field(default_factory=dict)
    datacentre: Fact[bool] | None = None
    us_available_since: Fact[dt.date] | None = None
    chips: Fact[int] | None = None


def name_key(name: str) -> str:
    """What two spellings of one name share: case, hyphens and blanks do not count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    for mark in "-_/,;":
        folded = folded.replace(mark, " ")
    return " ".join(folded.split())


class Catalogue:
    """Products by name and alias. Build it with `Catalogue.load` or take `catalogue()`."""

    def __init__(self, drafts: dict[str, _Draft]) -> None:
        self._drafts = drafts
        self._built: dict[str, Product] = {}
        self._full = {name_key(name): name for name in drafts}
        self._aliases: dict[str, list[str]] = {}
        for name, draft in drafts.items():
            for alias in dict.fromkeys(map(name_key, _aliases(draft))):
                self._aliases.setdefault(alias, []).append(name)
        self._run_on: dict[str, list[str]] = {}  # "80GB" for "80 GB", "MI 300X" for "MI300X"
        for key, names in (*self._aliases.items(), *((k, [n]) for k, n in self._full.items())):
            known = self._run_on.setdefault(key.replace(" ", ""), [])
            known += [name for name in names if name not in known]

    @classmethod
    def load(cls, folder: Path = DATA, *, additions: bool = True) -> Catalogue:
        """Read a catalogue.

        Args:
            folder: holds `chips.csv`, `sources.csv`, `lines.csv` and `additions.csv`.
            additions: False reads the data file alone, as its makers publish it.

        Raises:
            BadInputError: every fault of the files, in one pass.
        """
        faults = Faults()
        sources = _sources(folder / "sources.csv", faults)
        drafts = _chips(folder / "chips.csv", sources, faults)
        if additions:
            _add(drafts, folder / "additions.csv", sources, faults)
            _lines(drafts, folder / "lines.csv", sources, faults)
        faults.raise_if_any()
        return cls(drafts)

    def __len__(self) -> int:
        return len(self._drafts)

    def __iter__(self) -> Iterator[Product]:
        return (self._build(name) for name in self._drafts)

    def find(self, name: str) -> Product:
        """The product of that name or alias; capitals, hyphens and blanks do not matter.

        Nothing is guessed: "H100" is refused, as its forms have different metrics.

        Raises:
            UnknownProductError: no product is called so; carries the nearest names.
            AmbiguousProductError: several may be meant; carries them.
        """
        key = name_key(name)
        full = self._full.get(key)
        if full is not None:
            return self._build(full)
        named = self._aliases.get(key) or self._run_on.get(key.replace(" ", ""), [])
        if len(named) == 1:
            return self._build(named[0])
        if named:
            raise AmbiguousProductError(name, tuple(named))
        begun = self._beginning(key)
        if len(begun) > 1:
            raise AmbiguousProductError(name, begun)
        raise UnknownProductError(name, begun or self._near(key))

    def _beginning(self, key: str) -> tuple[str, ...]:
        """Products with a name or alias that goes on where the asked one ends."""
        if not key:
            return ()
        start = f"{key} "
        found = [name for each, name in self._full.items() if each.startswith(start)]
        for alias, names in self._aliases.items():
            if alias.startswith(start):
                found.extend(names)
        return tuple(dict.fromkeys(found))

    def _near(self, key: str) -> tuple[str, ...]:
        known = {alias: names[0] for alias, names in self._aliases.items()} | self._full
        close = get_close_matches(key, known, n=5, cutoff=0.6)
        return tuple(dict.fromkeys(known[each] for each in close))

    def _leads(self, alias: str, name: str) -> bool:
        """Whether an alias is not the full name of another product, which would win."""
        return self._full.get(name_key(alias), name) == name

    def _build(self, name: str) -> Product:
        product = self._built.get(name)
        if product is None:
            product = _product(self._drafts[name])
            mine = tuple(each for each in product.aliases if self._leads(each, name))
            product = self._built[name] = replace(product, aliases=mine)
        return product


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue that comes with Interlock, read once."""
    return Catalogue.load()


def _aliases(draft: _Draft) -> Iterator[str]:
    """Names that lead to a product: those added, and its own without maker or brackets."""
    yield from draft.aliases
    plain = draft.name.partition("(")[0].strip()
    if plain:
        yield plain
    makers = name_key(draft.maker.value or "").split()
    first, _, rest = plain.partition(" ")
    if rest and name_key(first) in makers:
        yield rest
        if "(" in draft.name:
            yield draft.name.partition(" ")[2]


def _product(draft: _Draft) -> Product:
    unknown: Fact[Fraction] = Fact(None, reason="not given by any source on file")
    figures = draft.figures
    aliases = tuple(dict.fromkeys(alias for alias in _aliases(draft) if alias != draft.name))
    here = Source("one-chip", title="A row of the catalogue describes one chip")
    return Product(
        name=draft.name,
        maker=draft.maker,
        aliases=aliases,
        rates=tuple(draft.rates.values()),
        stated={
            name: figures[name]
            for name in ("tpp", "performance_density", "dram_bandwidth_gbps", "interconnect_gbps")
            if name in figures
        },
        die_area_mm2=figures.get("die_area_mm2", unknown),
        process_nm=figures.get("process_nm", unknown),
        datacentre=draft.datacentre or Fact(None, reason="no source says for what it is marketed"),
        us_available_since=draft.us_available_since
        or Fact(None, reason="no source on file dates its US availability"),
        chips=draft.chips or Fact(1, here),
    )


def _sources(path: Path, faults: Faults) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    columns = ("id", "title", "publisher", "url", "licence", "grade")
    for row in read_table(path, columns, (), faults, name=path.name):
        name, grade = row.needed("id", faults), None
        try:
            grade = Grade(row.text("grade")) if row.text("grade") else None
        except BadGradeError as error:
            mend = phrase("write A1 to F6, or leave the cell empty")
            faults.add(row.place("grade"), phrase("'{text}' is no grade", text=error.text), mend)
        if name in sources:
            faults.add(
                row.place("id"),
                phrase("the source '{name}' stands twice", name=name),
                phrase("keep one of them"),
            )
        sources[name] = Source(name, row.text("title"), row.text("url"), grade)
    return sources


def _chips(path: Path, sources: dict[str, Source], faults: Faults) -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = {}
    epoch = sources.get(EPOCH, Source(EPOCH, "Machine Learning Hardware"))
    for row in read_table(path, _CHIP_COLUMNS, _CHIP_OPTIONAL, faults, name=path.name):
        name = row.needed("name", faults)
        if name in drafts:
            faults.add(
                row.place("name"),
                phrase("'{value}' stands twice", value=name),
                phrase("keep one of them"),
            )
            continue
        source = Source(epoch.id, epoch.title, row.text("datasheet"), epoch.grade)
        maker = row.text("manufacturer")
        said: Fact[str] = Fact(maker, source) if maker else Fact(None, reason="not given")
        draft = drafts[name] = _Draft(name, said, row)
        row.date("release_date", faults)
        for column, (kind, bits) in RATES.items():
            rate = row.number(column, faults, least=0)
            if rate is not None:
                draft.rates[kind] = Rate(kind, bits, rate / _TERA, source)
        for figure, column, scale in (
            ("tpp", "tpp_bitop_s", _TERA),
            ("dram_bandwidth_gbps", "memory_bandwidth_byte_s", _GIGA),
            ("die_area_mm2", "die_mm2", 1),
            ("process_nm", "process_nm", 1),
        ):
            number = row.number(column, faults)
            if number is not None and number == 0:
                mend = phrase("leave an unknown cell empty: zero is a claim of its own")
                faults.add(row.place(column), phrase("'{key}' is 0", key=column), mend)
            elif number is not None:
                draft.figures[figure] = Fact(number / scale, source)
    return drafts


def _add(drafts: dict[str, _Draft], path: Path, sources: dict[str, Source], faults: Faults) -> None:
    columns = ("product", "field", "value", "source", "assumption", "note")
    for row in read_table(path, columns, (), faults, name=path.name):
        name, value = row.needed("product", faults), row.needed("value", faults)
        kind, source = row.text("field"), _source_of(row, sources, faults)
        if kind not in ADDED_FIELDS:
            faults.add(
                row.place("field"),
                phrase("unknown field '{name}'", name=kind),
                nearest(kind, ADDED_FIELDS),
            )
        elif kind == "maker" and name not in drafts:
            drafts[name] = _Draft(name, Fact(value, source))
        elif name not in drafts:
            mend = phrase(
                "{nearest} A new product starts with a row for its maker",
                nearest=nearest(name, drafts),
            )
            faults.add(
                row.place("product"), phrase("no product '{name}' to add to", name=name), mend
            )
        else:
            _put(drafts[name], kind, row, source, faults)


def _put(draft: _Draft, kind: str, row: Row, source: Source, faults: Faults) -> None:
    if kind == "alias":
        draft.aliases.append(row.text("value"))
    elif kind == "maker":
        draft.maker = Fact(row.text("value"), source)
    elif kind == "datacentre":
        flag = row.flag("value", faults)
        draft.datacentre = Fact(flag, source) if flag is not None else None
    elif kind == "us_available_since":
        date = row.date("value", faults)
        draft.us_available_since = Fact(date, source) if date is not None else None
    elif kind == "chips":
        chips = row.integer("value", faults, least=1)
        draft.chips = Fact(chips, source) if chips is not None else None
    else:
        number = row.number("value", faults)
        if number == 0 and kind != "interconnect_gbps":
            faults.add(
                row.place("value"),
                phrase("'{key}' is 0", key=kind),
                phrase("leave the row out if it is unknown"),
            )
        elif number is not None and kind in ADDED_RATES:
            name, bits = ADDED_RATES[kind]
            draft.rates[name] = Rate(name, bits, number, source)
        elif number is not None:
            draft.figures[kind] = Fact(number, source)


def _source_of(row: Row, sources: dict[str, Source], faults: Faults) -> Source:
    name = row.needed("source", faults)
    source = sources.get(name)
    if source is None:
        if name:
            faults.add(
                row.place("source"),
                phrase("unknown source '{name}'", name=name),
                nearest(name, sources),
            )
        source = Source(name)
    assumed = row.flag("assumption", faults) or False
    return Source(source.id, source.title, source.url, source.grade, row.text("note"), assumed)


def _lines(
    drafts: dict[str, _Draft], path: Path, sources: dict[str, Source], faults: Faults
) -> None:
    """Whole product lines are or are not for data centres; the longest fitting prefix says."""
    lines: list[tuple[str, bool, Source]] = []
    for row in read_table(path, ("prefix", "datacentre", "source"), (), faults, name=path.name):
        flag = row.flag("datacentre", faults)
        if flag is None and not row.text("datacentre"):
            faults.add(
                row.place("datacentre"),
                phrase("'{key}' is empty", key="datacentre"),
                phrase("write true or false"),
            )
        prefix = name_key(row.needed("prefix", faults))
        lines.append((prefix, bool(flag), _source_of(row, sources, faults)))
    lines.sort(key=lambda line: len(line[0]), reverse=True)
    for draft in drafts.values():
        key = f"{name_key(draft.name)} "
        for prefix, flag, source in lines:
            if draft.datacentre is None and key.startswith(f"{prefix} "):
                draft.datacentre = Fact(flag, source)
