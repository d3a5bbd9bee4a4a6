"""However a file is mangled, the reader gives a `Regime` or a `BadInputError`, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.files import BadInputError
from interlock.law.model import Regime
from interlock.law.read import read_regime
from interlock.law.read_dates import UNREAD

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = Path(__file__).parent / "regimes" / "full.yaml"
LINES = FULL.read_text(encoding="utf-8").splitlines()
SCALARS = (
    ["", "~", "true", "yes", "0", "-1", "1.5", "1e99", "1e-99", ".nan", "-.inf", "2026-02-30"]
    + ["2026-01-15", "'2026-01-15'", "P6M", "P0D", "[]", "{}", "[a, 1]", "{a: 1}", "*x", "&x y"]
    + ["!tag", "'", '"', "{x}", "a: b", "# c", "9" * 40, "1_000", "id", "public", "in_force", "|"]
    + ["0.1234567890123456789012345678901", "9999-12-31", "0001-01-01", "\u2028", "\ufeff"]
)

pick = st.integers(0, len(LINES) - 1)
count = st.integers(1, 5)


@st.composite
def mangled(draw: Callable[..., object]) -> bytes:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):  # type: ignore[call-overload]
        at, how = draw(pick) % len(lines), draw(st.sampled_from("drsiuvb"))  # type: ignore
        line = lines[at]
        if how == "d":
            del lines[at]
        elif how == "r":
            lines.insert(at, line)
        elif how == "s":
            other = draw(pick) % len(lines)  # type: ignore[operator]
            lines[at], lines[other] = lines[other], line
        elif how == "i":
            lines[at] = " " * draw(count) + line  # type: ignore[operator]
        elif how == "u":
            lines[at] = line[draw(count) :]  # type: ignore[misc]
        elif how == "v" and ":" in line:
            key = line.partition(":")[0]
            lines[at] = f"{key}: {draw(st.sampled_from(SCALARS))}"
        else:
            cut = draw(st.integers(0, len(line)))  # type: ignore[assignment]
            lines[at] = f"{line[:cut]}{draw(st.sampled_from(SCALARS))}{line[cut:]}"  # type: ignore
        if not lines:
            break
    return "\n".join(lines).encode()


def dates_in(value: object) -> bool:
    """Whether the day that stands for an unread one has come out."""
    if value is UNREAD:
        return True
    if isinstance(value, dict):
        return any(map(dates_in, value.values()))
    if isinstance(value, tuple):
        return any(map(dates_in, value))
    return False


def read(folder: Path, data: bytes) -> None:
    path = folder / "full.yaml"
    path.write_bytes(data)
    try:
        regime = read_regime(path)
    except BadInputError as error:
        assert error.faults
        for fault in error.faults:
            assert fault.wrong
            assert fault.mend
            assert "\n" not in str(fault)
        return
    assert isinstance(regime, Regime)
    for parameter in regime.parameters.values():
        assert not dates_in(tuple(value.start for value in parameter.values))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    claims = FULL.with_name("full.claims.yaml")
    (made / claims.name).write_bytes(claims.read_bytes())
    return made


# The reader's deadline is not under test; the folder only holds the file that each example writes.
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
@given(at=st.integers(0, 4000), junk=st.binary(min_size=1, max_size=8))
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
SECTIONS = [
    "visible_to",
    "claims",
    "sources",
    "versions",
    "vocabulary",
    "parameters",
    "applies",
    "lists",
] + ["party_facts", "facts", "rules", "exceptions", "conditions", "accounts", "rounds", "title"]


@relaxed
@given(section=st.sampled_from(SECTIONS), value=tree)
def test_any_tree_in_any_section(folder: Path, section: str, value: object) -> None:
    import json

    head = "regime: r\ntitle: T\nauthority: a\ngate: export\ntimezone: UTC\n"
    head = head.replace("title: T\n", "") if section == "title" else head
    # JSON is YAML: the generated tree stands in the file as it is.
    read(folder, (head + f"{section}: {json.dumps(value)}\n").encode())
