"""Generated files are committed as their generators give them, and `make schemas` writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.cli.generate import generated, main, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(generated()))
def test_the_committed_file_is_the_generated_one(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated()[name]


def test_only_what_differs_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    names = sorted(generated())
    assert sorted(write(tmp_path)) == names
    assert write(tmp_path) == []
    spoilt = tmp_path / names[0]
    spoilt.write_text("{}", encoding="utf-8")
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == f"written: {names[0]}\n"
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in names} == generated()
    main(tmp_path)
    assert capsys.readouterr().out == "every generated file is as it should be\n"


def test_an_installed_copy_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FileNotFoundError, match="run this in a clone"):
        write(tmp_path)
    assert main(tmp_path) == 2
    told = f"{tmp_path} has no docs/; run this in a clone of the repository\n"
    assert capsys.readouterr() == ("", told)
    assert list(tmp_path.iterdir()) == []
