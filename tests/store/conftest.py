import pytest
from store_kit import LitePlace, PsqlPlace


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a ledger lies: a file, or a database whose tables and triggers are to stay."""
    if request.param == "sqlite":
        return LitePlace(str(tmp_path / "book.db"))
    return PsqlPlace(request.getfixturevalue("pg_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def own_place(request, tmp_path):
    """The same for tests that alter tables or triggers."""
    if request.param == "sqlite":
        return LitePlace(str(tmp_path / "own.db"))
    return PsqlPlace(request.getfixturevalue("pg_own_url"))
