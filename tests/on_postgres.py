"""Run a command with DATABASE_URL naming a real PostgreSQL that this script brings and takes away.

python tests/on_postgres.py python -m pytest tests/book
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pg_kit import PgServer

if TYPE_CHECKING:
    from types import FrameType

GRACE_S = 20
"""How long the command may take to end once it is told to."""


def run(command: list[str], url: str) -> int:
    """Run the command to its end; whoever stops this script stops the command with it."""
    env = os.environ | {
        "DATABASE_URL": url,
        "INTERLOCK_SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789",
    }
    process = subprocess.Popen(command, env=env)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait(GRACE_S)  # the terminal has interrupted the command as well
    finally:
        if process.poll() is None:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Tell the command to end, and end it if it does not."""
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    """Start the server in a folder of its own, run the command, stop the server."""

    def stop(number: int, _: FrameType | None) -> None:
        # By default such a signal ends this process at once, and the server would live on.
        signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    server = PgServer(Path(tempfile.gettempdir()) / f"interlock-pg-run-{os.getpid()}")
    try:
        return run(sys.argv[1:], server.url())
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
