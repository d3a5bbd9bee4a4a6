"""`interlock book admin`, `people`, `moves`, `do`, `show` and `list` on a book of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from server_kit import Book, book, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "correct horse battery staple"
ORDER = {
    "id": "o-1", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
    "quantity": 8, "destination": "CN",
}  # fmt: skip


# One process answers them all, one after another: starting the program takes its time.
WORKER = """
import contextlib, io, json, sys
from interlock.cli.main import main
real = sys.stdout
for line in sys.stdin:
    asked = json.loads(line)
    out, err = io.StringIO(), io.StringIO()
    sys.argv, sys.stdin = ["interlock", *asked["words"]], io.StringIO(asked["given"])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
    told = {"code": code, "out": out.getvalue(), "err": err.getvalue()}
    print(json.dumps(told), file=real, flush=True)
"""


class Commands:
    """A book, and the program in a process of its own."""

    def __init__(self, made: Book) -> None:
        self.book = made
        self.log = (made.home / "commands.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=made.env | {"NO_COLOR": "1", "COLUMNS": "200"}, cwd=made.home, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
        )  # fmt: skip

    def ask(self, words: tuple[str, ...], given: str) -> dict[str, Any]:
        """Exit code and what was printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"words": words, "given": given}) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def end(self) -> None:
        """End the process."""
        self.process.communicate(timeout=30)
        self.log.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    home = tmp_path_factory.mktemp("commands")
    with book(own_database(home), home) as found:
        commands = Commands(found)
        yield commands
        commands.end()


def run(made: Commands, *words: str, code: int = 0, given: str = "") -> str:
    """What `interlock book ...` prints; of a refusal what it says on the error stream."""
    done = made.ask(("book", *words), given)
    assert done["code"] == code, (words, done)
    told: str = done["err" if code else "out"]
    return told


def people(made: Commands) -> dict[str, Any]:
    found = json.loads(run(made, "people", "list", "--format", "json"))
    return {one["username"]: one for one in found}


def me(made: Commands, token: str) -> int:
    """The status with which the server answers a token."""
    where = f"http://127.0.0.1:{made.book.port}/api/v1/me"
    return httpx.get(where, headers={"Authorization": f"Bearer {token}"}).status_code


def test_the_first_administrator_is_made_once_with_a_fit_password(made: Commands) -> None:
    weak = run(made, "admin", "root", "--password-stdin", code=2, given="short\n")
    assert "at least 12 characters" in weak
    assert "root" not in people(made)
    told = run(made, "admin", "root", "--password-stdin", given=f"{PASSWORD}\n")
    assert told == "root administers this book; sign in and set up a second factor\n"
    run(made, "admin", "other", "--password-stdin", code=2, given=f"{PASSWORD}\n")
    found = people(made)
    assert "other" not in found
    assert [one["role"] for one in found["root"]["offices"]] == ["administrator"]


def test_a_persons_way_from_entry_to_the_end_of_their_office(made: Commands) -> None:
    run(made, "people", "enter", "ada", "--full-name", "Ada L.", "--reason", "new colleague")
    assert run(made, "people", "invite", "ada").startswith("/accounts/password/")
    told = run(made, "people", "give", "ada", "compliance_officer", "bytedance")
    office = told.split(":")[0].removeprefix("office ")
    assert told == f"office {office}: ada is compliance_officer at bytedance\n"
    listed = run(made, "people", "list")
    assert f"ada  (person)\n    {office}: compliance_officer at bytedance" in listed
    assert run(made, "people", "close", "ada") == "done: close ada\n"
    assert people(made)["ada"]["active"] is False
    assert run(made, "people", "reopen", "ada") == "done: reopen ada\n"
    assert people(made)["ada"]["active"] is True
    assert run(made, "people", "reset-mfa", "ada") == "done: reset mfa ada\n"
    assert run(made, "people", "end", office) == f"office {office} ended\n"
    assert [one["until"] for one in people(made)["ada"]["offices"]] != [None]


def test_what_cannot_be_is_refused_and_leaves_nothing(made: Commands) -> None:
    before = people(made)
    for words in (
        ("enter", "ivy"), ("invite", "nobody"), ("close", "nobody"), ("reset-mfa", "nobody"),
        ("give", "ivy", "no_such_role", "bytedance"), ("give", "ivy", "firm_reader", "nowhere"),
        ("give", "ivy", "customs_officer", "bytedance"), ("end", "999999"),
        ("token", "nobody", "bytedance"), ("token", "ivy", "nvidia"), ("end-token", "nothing"),
    ):  # fmt: skip
        assert run(made, "people", *words, code=2), words
    assert people(made) == before


def test_a_service_account_acts_by_its_token_until_that_ends(made: Commands) -> None:
    made.book.start()
    try:
        run(made, "people", "enter", "robot", "--service")
        run(made, "people", "give", "robot", "compliance_officer", "bytedance")
        token = run(made, "people", "token", "robot", "bytedance", "--for", "the warehouse",
                    "--scope", "order.*", "--days", "2").strip()  # fmt: skip
        (row,) = [
            one for one in json.loads(run(made, "people", "tokens", "--format", "json"))
            if one["user"] == "robot"
        ]  # fmt: skip
        assert (row["scopes"], row["name"]) == (["order.*"], "the warehouse")
        assert token not in json.dumps(row)
        assert f"{row['prefix']}  robot@bytedance  until" in run(made, "people", "tokens")
        assert me(made, token) == 200
        door = ("--server", f"http://127.0.0.1:{made.book.port}", "--token", token)
        _acts(made, *door)
        refused = run(made, "do", "webhook.register", "--set", "url=https://example.org/", *door,
                      code=1)  # fmt: skip
        assert "refused" in refused, "the token is for orders alone"
        assert run(made, "people", "end-token", row["prefix"]) == f"token {row['prefix']} ended\n"
        assert me(made, token) == 401
    finally:
        made.book.kill()


def _acts(made: Commands, *door: str) -> None:
    """Make a move, and read what came of it."""
    values = ("--values", json.dumps(ORDER))
    placed = json.loads(run(made, "do", "order.place", *values, *door, "--format", "json"))
    assert (placed["id"], placed["state"], placed["quantity"]) == ("o-1", "placed", 8)
    changed = run(made, "do", "order.change", "o-1", "--set", "quantity=9", *door)
    assert "quantity" in changed
    shown = json.loads(run(made, "show", "order", "o-1", *door, "--format", "json"))
    assert shown == placed | {
        "quantity": 9, "version": 2, "changed_at": shown["changed_at"]
    }  # fmt: skip
    past = json.loads(run(made, "show", "order", "o-1", "history", *door, "--format", "json"))
    assert [one["move"] for one in past] == ["place", "change"]
    listed = run(made, "list", "order", "--with", "state=placed", *door, "--format", "json")
    assert [one["id"] for one in json.loads(listed)] == ["o-1"]
    assert "0 found" in run(made, "list", "order", "--with", "state=closed", *door)


def test_the_book_at_hand_does_what_the_server_does(made: Commands) -> None:
    door = ("--as", "ivy@bytedance")
    run(made, "do", "order.cancel", "o-1", "--set", "reason=not wanted", *door)
    again = run(made, "do", "order.cancel", "o-1", "--set", "reason=again", *door, code=1)
    assert "refused" in again
    placed = run(made, "do", "order.place", "--values", "-", *door, given=json.dumps(
        ORDER | {"id": "o-2"}))  # fmt: skip
    assert "o-2" in placed
    for words in (
        ("do", "order.place", "--values", "{", *door),
        ("show", "order", "o-1", "--as", "nobody@bytedance"),
        ("do", "order.place", "--set", "quantity", *door),
    ):  # fmt: skip
        run(made, *words, code=2)
    run(made, "show", "order", "o-1", "--as", "jun@tencent", code=1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("do", "order.plcae"), "MOVE: no move 'order.plcae'; did you mean 'order.place'?"),
        (("do", "oder.cancel", "o-1"), "MOVE: no move 'oder.cancel'; did you mean 'order.cancel'?"),
        (("do", "order.count", "o-1"), "MOVE: no move 'order.count'; did you mean"),
        (("do", "order.cancel"), "THING: 'order.cancel' is made on one order; give its id"),
        (("do", "order.place", "o-9"), "THING: 'order.place' makes one; leave out 'o-9'"),
        (("list", "ordr"), "KIND: no kind 'ordr'; did you mean 'order'?"),
        (("list", "licences"), "KIND: no kind 'licences'; did you mean 'licence'?"),
        (("show", "shipmnt", "s-1"), "KIND: no kind 'shipmnt'; did you mean 'shipment'?"),
        (("show", "order", "o-1", "histroy"), "no such address"),
    ],
)
def test_r14_a_name_that_there_is_not_is_faulty_input_told_with_the_nearest(
    made: Commands, words: tuple[str, ...], told: str
) -> None:
    assert told in run(made, *words, "--as", "ivy@bytedance", code=2)


def test_the_moves_that_there_are_are_told_with_what_they_take(made: Commands) -> None:
    told = run(made, "moves", "order")
    assert "order.place: " in told
    assert "[compliance_officer" in told
    assert "    quantity  " in told
    assert "licence.draft" not in told
    assert "licence.draft" in run(made, "moves")
    assert "no kind 'ordr'" in run(made, "moves", "ordr", code=2)
    assert run(made, "migrate") == "the book's tables are up to date\n"


def test_what_commands_did_stands_in_a_record_that_holds(made: Commands) -> None:
    assert "the record holds" in run(made, "verify")
