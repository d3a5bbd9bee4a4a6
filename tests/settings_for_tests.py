"""The server's settings for tests: a book of their own, or what DATABASE_URL names."""

import os
import tempfile

_HOME = tempfile.mkdtemp(prefix="interlock-tests-")
_GIVEN = os.environ.get("DATABASE_URL")
os.environ["DATABASE_URL"] = _GIVEN or f"sqlite:///{_HOME}/book.sqlite3"
os.environ.setdefault("INTERLOCK_SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789")

from interlock.site.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if _GIVEN is None:
    del os.environ["DATABASE_URL"]  # commands under test find no book that nobody named
