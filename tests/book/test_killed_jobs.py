"""A worker killed in the middle of expiry, reminders, deliveries or sealing leaves nothing half."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from server_kit import book, own_database


def test_a_worker_killed_in_the_middle_of_a_job_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Each job is killed with rows written and not committed, and done by the next worker."""
    here = str(Path(__file__).parent)
    code = f"import sys; sys.path.insert(0, {here!r}); import django; django.setup();"
    code += "import dying_worker; dying_worker.main()"
    with book(own_database(tmp_path), tmp_path) as made:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=made.env, cwd=made.home, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
