"""The CSV of accounts: exact numbers, and every fault with its place."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.files import Faults
from interlock.law.deciding.accounts import read_accounts
from interlock.law.deciding.legs import AccountState

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path


def read(tmp_path: Path, text: str | bytes) -> tuple[dict[str, AccountState], list[str]]:
    path = tmp_path / "accounts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    faults = Faults()
    found = read_accounts(path, faults, name="accounts.csv")
    return found, [str(fault) for fault in sorted(set(faults.found))]


def test_numbers_are_exact_and_keys_keep_their_form(tmp_path: Path) -> None:
    found, faults = read(
        tmp_path,
        "account,headroom,overdue\n"
        'cn/quota?licence=G1,400000,\n"a,b?x=1",0.1,2\nc,7/2,1/3\nd,-12,0\n',
    )
    assert faults == []
    assert found == {
        "cn/quota?licence=G1": AccountState(Fraction(400000), Fraction(0)),
        "a,b?x=1": AccountState(Fraction(1, 10), Fraction(2)),
        "c": AccountState(Fraction(7, 2), Fraction(1, 3)),
        "d": AccountState(Fraction(-12), Fraction(0)),
    }


def test_available_is_another_name_of_headroom(tmp_path: Path) -> None:
    found, faults = read(tmp_path, "\ufeffaccount,available\r\nx,5\r\n")
    assert faults == []
    assert found == {"x": AccountState(Fraction(5))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "account,headrom\nx,1\n",
            [
                "accounts.csv:1:1: the column 'headroom' is missing; "
                "add it to the header line: account,headroom",
                "accounts.csv:1:9: unknown column 'headrom'; did you mean 'headroom'?",
            ],
        ),
        (
            "account\n",
            [
                "accounts.csv:1:1: the column 'headroom' is missing; "
                "add it to the header line: account,headroom"
            ],
        ),
        (
            "account,headroom,available\nx,1,1\n",
            ["accounts.csv:1:1: 'headroom' and 'available' are two names of one column; keep one"],
        ),
        (
            "account,headroom,overdue\nx,many,-1\n,3,\nx,1/0,\ny,,x\n",
            [
                "accounts.csv:2:3: 'many' is no number; "
                "write a plain number such as 400000, 12.5 or 7/2",
                "accounts.csv:2:8: 'overdue' is -1; write 0 or more",
                "accounts.csv:3:1: 'account' is empty; write its value",
                "accounts.csv:4:1: the account 'x' stands twice (first on line 2); "
                "keep one of them",
                "accounts.csv:4:3: '1/0' is no number; "
                "write a plain number such as 400000, 12.5 or 7/2",
                "accounts.csv:5:3: 'headroom' is empty; write its value",
                "accounts.csv:5:4: 'x' is no number; "
                "write a plain number such as 400000, 12.5 or 7/2",
            ],
        ),
        (
            "account,headroom\nx,nan\ny,inf\nz,1e400\n",
            [
                f"accounts.csv:{line}:3: '{text}' is no number; "
                "write a plain number such as 400000, 12.5 or 7/2"
                for line, text in ((2, "nan"), (3, "inf"), (4, "1e400"))
            ],
        ),
        (
            "account,headroom\nx\ny,1,2\n",
            [
                "accounts.csv:2:1: has 1 cells where the header has 2; "
                "write one cell for each column, quoted if it holds a comma",
                "accounts.csv:3:1: has 3 cells where the header has 2; "
                "write one cell for each column, quoted if it holds a comma",
            ],
        ),
        (
            b"account,headroom\nx,\xff\n",
            ["accounts.csv:2:3: is not UTF-8 text; save the file as UTF-8"],
        ),
        (
            "",
            [
                "accounts.csv:1:1: the column 'account' is missing; "
                "add it to the header line: account,headroom",
                "accounts.csv:1:1: the column 'headroom' is missing; "
                "add it to the header line: account,headroom",
            ],
        ),
    ],
)
def test_every_fault_has_its_place(tmp_path: Path, text: str | bytes, expected: list[str]) -> None:
    assert read(tmp_path, text)[1] == expected


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    faults = Faults()
    assert read_accounts(tmp_path / "none.csv", faults, name="none.csv") == {}
    assert [str(fault) for fault in faults.found] == [
        "none.csv:0:0: cannot be read (No such file or directory); give the path of a readable file"
    ]


@given(
    st.dictionaries(
        st.text("abcdef?=&/-", min_size=1, max_size=12).filter(str.strip),
        st.tuples(
            st.decimals(-(10**9), 10**9, places=4),
            st.decimals(0, 10**6, places=2) | st.none(),
        ),
        max_size=6,
    )
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    accounts: dict[str, tuple[Decimal, Decimal | None]],
) -> None:
    lines = [f"{n},{h},{'' if o is None else o}" for n, (h, o) in accounts.items()]
    text = "\n".join(["account,headroom,overdue", *lines]) + "\n"
    found, faults = read(tmp_path_factory.mktemp("accounts"), text)
    assert faults == []
    assert found == {
        name: AccountState(Fraction(headroom), Fraction(overdue or 0))
        for name, (headroom, overdue) in accounts.items()
    }
