"""However a file is mangled, the reader gives a `Regime` or a `BadInputError`, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.files import BadInputError, Fault, Faults
from interlock.law.compiling.checker import check_regime
from interlock.law.model import Regime
from interlock.law.reading.dates import UNREAD
from interlock.law.reading.regime import collect_regimes, read_regime

FULL = Path(__file__).parent / "regimes" / "full.yaml"
LINES = FULL.read_text(encoding="utf-8").splitlines()
SCALARS = (
    *("", "~", "true", "yes", "0", "-1", "1.5", "1e99", "1e-99", ".nan", "-.inf", "2026-02-30"),
    *("2026-01-15", "'2026-01-15'", "P6M", "P0D", "[]", "{}", "[a, 1]", "{a: 1}", "*x", "&x y"),
    *("!tag", "'", '"', "{x}", "a: b", "# c", "9" * 40, "1_000", "id", "public", "in_force", "|"),
    *("0.1234567890123456789012345678901", "9999-12-31", "0001-01-01", "\u2028", "\ufeff"),
)
SECTIONS = (
    *("visible_to", "claims", "sources", "versions", "vocabulary", "parameters", "applies"),
    *("lists", "party_facts", "facts", "rules", "exceptions", "conditions", "accounts", "rounds"),
)
HEAD = "regime: r\ntitle: T\nauthority: a\ngate: export\ntimezone: UTC\n"


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """The good file with one to four of its lines dropped, moved, shifted or overwritten."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["drop", "repeat", "swap", "indent", "outdent", "value", "cut"]))
        line, scalar = lines[at], draw(st.sampled_from(SCALARS))
        shift = draw(st.integers(1, 5))
        if how == "drop":
            del lines[at]
        elif how == "repeat":
            lines.insert(at, line)
        elif how == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], line
        elif how == "indent":
            lines[at] = " " * shift + line
        elif how == "outdent":
            lines[at] = line[shift:]
        elif how == "value":
            lines[at] = f"{line.partition(':')[0]}: {scalar}"
        else:
            cut = draw(st.integers(0, len(line)))
            lines[at] = f"{line[:cut]}{scalar}{line[cut:]}"
    return "\n".join(lines).encode()


def refused(faults: tuple[Fault, ...]) -> None:
    assert faults
    for fault in faults:
        assert fault.wrong
        assert fault.mend
        assert len(str(fault).splitlines()) == 1


def read(folder: Path, data: bytes) -> None:
    path = folder / "full.yaml"
    path.write_bytes(data)
    # What is read in part to find more faults is as unlikely to break.
    all_of_them = Faults()
    for one in collect_regimes([path], all_of_them):
        check_regime(one, all_of_them)
    try:
        regime = read_regime(path)
    except BadInputError as error:
        refused(error.faults)
        refused(tuple(all_of_them.found))
        return
    assert isinstance(regime, Regime)
    for parameter in regime.parameters.values():
        # Nothing half-loads: the day that stands for an unread one never comes out.
        assert all(value.start != UNREAD for value in parameter.values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    claims = FULL.with_name("full.claims.yaml")
    (made / claims.name).write_bytes(claims.read_bytes())
    return made


relaxed = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(data=mangled())
def test_mangled_lines(folder: Path, data: bytes) -> None:
    read(folder, data)


@relaxed
@given(data=st.binary(max_size=200))
def test_random_bytes(folder: Path, data: bytes) -> None:
    read(folder, data)


@relaxed
@given(at=st.integers(0, 5000), junk=st.binary(min_size=1, max_size=8))
def test_random_bytes_inside_a_good_file(folder: Path, at: int, junk: bytes) -> None:
    whole = FULL.read_bytes()
    at %= len(whole)
    read(folder, whole[:at] + junk + whole[at:])


@relaxed
@given(cut=st.integers(0, 5000))
def test_a_file_cut_short(folder: Path, cut: int) -> None:
    read(folder, FULL.read_bytes()[:cut])


tree = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.dates().map(str)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@relaxed
@given(section=st.sampled_from(SECTIONS), value=tree)
def test_any_tree_in_any_section(folder: Path, section: str, value: object) -> None:
    # JSON is YAML: the generated tree stands in the file as it is.
    read(folder, (HEAD + f"{section}: {json.dumps(value)}\n").encode())
