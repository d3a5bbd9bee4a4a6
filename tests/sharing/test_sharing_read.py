"""Reading: every fault at its place, and the fast way agrees with the slow one."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.files import BadInputError, Faults
from interlock.sharing import read as reading
from interlock.sharing.cells import ACCOUNTS, DRAWS, ORDERS
from interlock.sharing.read import read_problem
from interlock.sharing.tables import fast_table, slow_table

BAD = Path(__file__).parent.parent / "bad" / "share"
GOOD = {kind: BAD / "good" / f"{kind}.csv" for kind in ("orders", "draws", "accounts")}
CASES = sorted(path.stem for path in BAD.glob("*.csv"))


@pytest.mark.parametrize("case", CASES)
def test_a_broken_file_is_refused_with_its_places(case, monkeypatch):
    monkeypatch.chdir(BAD)
    kind = case.partition("-")[0]
    files = {k: path.relative_to(BAD) for k, path in GOOD.items()}
    files[kind] = Path(f"{case}.csv")
    with pytest.raises(BadInputError) as caught:
        read_problem(files["orders"], files["draws"], files["accounts"])
    got = [str(fault) for fault in caught.value.faults]
    assert got == (BAD / f"{case}.txt").read_text().splitlines()


def test_the_corpus_is_there():
    assert len(CASES) >= 70


def test_the_good_files_are_read_exactly():
    problem = read_problem(*GOOD.values())
    assert problem.orders == ("north", "south", "west")
    assert problem.ask.tolist() == [80, 40, 30]
    assert (problem.weight_num.tolist(), problem.weight_den.tolist()) == ([1, 2, 1], [1, 1, 2])
    assert problem.leg_start.tolist() == [0, 2, 3, 4]
    assert problem.leg_account.tolist() == [0, 1, 0, 0]
    assert problem.factor_num.tolist() == [1, 1, 5, 1]
    assert problem.factor_den.tolist() == [1, 1, 2, 3]
    assert problem.available.tolist() == [100, 50]
    assert problem.scale.tolist() == [6, 1]


def test_faults_of_all_three_files_come_together(tmp_path):
    bad = {}
    for kind, text in {
        "orders": "order,quantity\na,x\n",
        "draws": "order,account,factor\na,s,-1\n",
        "accounts": "account,available\ns,-1\n",
    }.items():
        bad[kind] = tmp_path / f"{kind}.csv"
        bad[kind].write_text(text)
    with pytest.raises(BadInputError) as caught:
        read_problem(*bad.values())
    assert sorted(Path(f.place.file).name for f in caught.value.faults) == [
        "accounts.csv",
        "draws.csv",
        "orders.csv",
    ]


def test_files_that_are_not_there_are_all_named(tmp_path):
    with pytest.raises(BadInputError) as caught:
        read_problem(tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv")
    assert len(caught.value.faults) == 3


def test_quotes_bom_windows_lines_and_blanks_are_read(tmp_path):
    odd = tmp_path / "orders.csv"
    odd.write_bytes(b'\xef\xbb\xbforder , quantity\r\n"no, ""1""", 5\r\n\r\n  two ,+7.0\r\n')
    draws, accounts = tmp_path / "d.csv", tmp_path / "a.csv"
    draws.write_text('order,account,factor\n"no, ""1""",s, 5/2 \n')
    accounts.write_text("account,available\ns,9")
    problem = read_problem(odd, draws, accounts)
    assert problem.orders == ('no, "1"', "two")
    assert problem.ask.tolist() == [5, 7]
    assert problem.legs(0) == [(0, pytest.approx(2.5))]


cell = st.one_of(
    st.integers(-2, 10**17).map(str),
    st.sampled_from(
        ["", " ", "1", "2.0", "5/2", "0.5", "nan", "x", '"', '"3"', "1_0", "+4", "é", "1,1"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.lists(cell, min_size=2, max_size=3), max_size=4),
    header=st.sampled_from(
        ["order,quantity", "order,quantity,weight", "quantity,order", "order", "a,b", ""]
    ),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_fast_and_slow_readers_agree_and_nothing_but_faults_comes_out(
    tmp_path_factory, rows, header, end
):
    path = tmp_path_factory.mktemp("read") / "orders.csv"
    path.write_bytes(end.join([header, *(",".join(row) for row in rows), ""]).encode())
    fast = fast_table(path, path.read_bytes(), ORDERS)
    faults = Faults()
    slow = slow_table(path, path.read_bytes(), "orders.csv", ORDERS, faults)
    if fast is not None:
        assert not faults.found
        for word in slow.columns:
            default = ORDERS.optional.get(word, "")
            wanted = [row.cells[word][0] or default for row in slow.rows]
            assert fast[word].to_list() == wanted
    try:
        problem = read_problem(path, GOOD["draws"], GOOD["accounts"])
    except BadInputError:
        pass  # refused, with faults: the error cannot be made without one
    else:
        assert problem.n == len(slow.rows)


def test_parquet_is_read_by_its_suffix(tmp_path):
    paths = []
    for kind, path in GOOD.items():
        frame = pl.read_csv(path)
        paths.append(tmp_path / f"{kind}.parquet")
        frame.write_parquet(paths[-1])
    assert read_problem(*paths).digest == read_problem(*GOOD.values()).digest


def test_a_fault_in_parquet_names_row_and_column(tmp_path):
    path = tmp_path / "orders.parquet"
    pl.DataFrame({"order": ["north", "south", "west"], "quantity": [1, -2, 3]}).write_parquet(path)
    with pytest.raises(BadInputError, match=r"orders\.parquet:2:2: quantity -2 is below 0"):
        read_problem(path, GOOD["draws"], GOOD["accounts"])
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(BadInputError, match="is not Parquet that can be read"):
        read_problem(path, GOOD["draws"], GOOD["accounts"])


def test_a_big_plain_file_takes_the_fast_way_to_the_same_problem(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    n, m = 3000, 20
    orders, draws, accounts = (tmp_path / f"{k}.csv" for k in ("o", "d", "a"))
    pl.DataFrame(
        {
            "order": [f"o{i}" for i in range(n)],
            "quantity": rng.integers(1, 100, n) * 4,
            "weight": rng.choice(["1", "2.5", "1/3"], n),
            "lot": [4] * n,
        }
    ).write_csv(orders)
    pairs = [(f"o{i}", f"a{a}") for i in range(n) for a in rng.choice(m, 3, replace=False)]
    rng.shuffle(pairs)
    pl.DataFrame(
        {
            "order": [o for o, _ in pairs],
            "account": [a for _, a in pairs],
            "factor": rng.choice(["1", "0.5", "7/3"], len(pairs)),
        }
    ).write_csv(draws)
    pl.DataFrame(
        {"account": [f"a{a}" for a in range(m)], "available": rng.integers(0, 9999, m)}
    ).write_csv(accounts)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "slow_table", None)
        fast = read_problem(orders, draws, accounts)
    monkeypatch.setattr(reading, "fast_table", lambda *_: None)
    assert read_problem(orders, draws, accounts).digest == fast.digest


def test_a_thousand_faults_are_shown_and_the_rest_counted(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order,quantity\n" + "".join(f"o{i},x\n" for i in range(1500)))
    draws = tmp_path / "draws.csv"
    draws.write_text("order,account,factor\n")
    with pytest.raises(BadInputError) as caught:
        read_problem(path, draws, GOOD["accounts"])
    assert len(caught.value.faults) == 1001
    assert "500 more faults follow" in str(caught.value)


def test_layouts_name_the_columns_of_the_command_line():
    assert ORDERS.known == ("order", "quantity", "weight", "tier", "lot", "min", "value")
    assert DRAWS.known == ("order", "account", "factor")
    assert ACCOUNTS.known == ("account", "available")


@pytest.mark.parametrize("quote", ["", '"'])  # quotes are read the slow way
def test_r4_a_draw_of_factor_0_makes_no_leg(tmp_path, quote):
    draws = tmp_path / "draws.csv"
    draws.write_text(f"order,account,factor\nnorth,{quote}stock{quote},0\nsouth,stock,2\n")
    problem = read_problem(GOOD["orders"], draws, GOOD["accounts"])
    assert [problem.legs(i) for i in range(problem.n)] == [[], [(0, 2)], []]
