"""The environment as typed values, with errors that name the variable and the mend."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import tomllib
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from interlock.files.bundled import bundled

DEFAULT_BOOK = "sqlite:///interlock-book.sqlite3"
_SQLITE_START = (
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "PRAGMA cache_size = -65536;"
)


class Environment:
    """Reads settings from environment variables."""

    def text(self, name: str, *, default: str = "") -> str:
        """A text; empty counts as not set."""
        return os.environ.get(name, "") or default

    def words(self, name: str, *, default: list[str]) -> list[str]:
        """A list of words, with commas between."""
        given = [word.strip() for word in os.environ.get(name, "").split(",")]
        return [word for word in given if word] or default

    def flag(self, name: str, *, default: bool) -> bool:
        """1 or 0."""
        given = os.environ.get(name, "")
        if given not in ("", "0", "1"):
            msg = f"{name}={given!r} is neither 0 nor 1; write one of them"
            raise ImproperlyConfigured(msg)
        return given == "1" if given else default

    def number(self, name: str, *, default: int, least: int = 1) -> int:
        """A whole number, `least` or more."""
        given = os.environ.get(name, "")
        if not given:
            return default
        if not given.isdecimal() or int(given) < least:
            msg = f"{name}={given!r} is no whole number from {least} on; write one, e.g. {default}"
            raise ImproperlyConfigured(msg)
        return int(given)

    def database(self) -> dict[str, Any]:
        """`DATABASE_URL` for Django: `sqlite:///FILE` (default) or `postgresql://...`."""
        url = self.text("DATABASE_URL", default=DEFAULT_BOOK)
        if not url.startswith(("sqlite:///", "postgresql://", "postgres://")):
            msg = f"DATABASE_URL={url!r}: write sqlite:///FILE or postgresql://USER@HOST/NAME"
            raise ImproperlyConfigured(msg)
        found: dict[str, Any] = dict(dj_database_url.parse(url))
        if found["ENGINE"].endswith("sqlite3"):
            found["OPTIONS"] = {
                "timeout": 30,
                # A write takes the one lock when it begins, so a later step never finds it taken.
                "transaction_mode": "IMMEDIATE",
                "init_command": _SQLITE_START,
            }
        else:
            found["CONN_MAX_AGE"] = 60
            found["CONN_HEALTH_CHECKS"] = True
        return found

    def secret_key(self, home: Path, *, embedded: bool) -> str:
        """`INTERLOCK_SECRET_KEY`, or for an embedded book one that is made once and kept."""
        given = self.text("INTERLOCK_SECRET_KEY")
        if given:
            return given
        if not embedded:
            msg = "INTERLOCK_SECRET_KEY is not set; set it to 50 or more random characters"
            raise ImproperlyConfigured(msg)
        path = home / "interlock-secret.key"
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True)
            key = secrets.token_urlsafe(48)
            try:
                with os.fdopen(
                    os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
                ) as f:
                    f.write(key)
            except FileExistsError:  # another process was faster; its key holds
                pass
        return path.read_text(encoding="utf-8").strip()

    def regimes(self) -> Path:
        """`INTERLOCK_REGIMES`, the folder of the law; default the files that come along."""
        given = self.text("INTERLOCK_REGIMES")
        if given and not Path(given).is_dir():
            msg = f"INTERLOCK_REGIMES={given!r} is no folder; name one with regime files"
            raise ImproperlyConfigured(msg)
        return Path(given) if given else bundled("regimes")

    def holidays(self) -> dict[str, frozenset[dt.date]]:
        """`INTERLOCK_HOLIDAYS`, a TOML file with a list of days for each gate; default none."""
        given = self.text("INTERLOCK_HOLIDAYS")
        if not given:
            return {}
        try:
            table = tomllib.loads(Path(given).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            msg = f"INTERLOCK_HOLIDAYS={given!r} cannot be read ({error}); name a TOML file"
            raise ImproperlyConfigured(msg) from error
        for gate, days in table.items():
            if not isinstance(days, list) or not all(type(day) is dt.date for day in days):
                msg = f"INTERLOCK_HOLIDAYS: '{gate}' is no list of days; write [2026-01-01, ...]"
                raise ImproperlyConfigured(msg)
        return {gate: frozenset(days) for gate, days in table.items()}

    def file(self, name: str, holds: str) -> Path | None:
        """A file that may be left out."""
        given = self.text(name)
        if given and not Path(given).is_file():
            msg = f"{name}={given!r} is no file; name one with {holds}, or leave it out"
            raise ImproperlyConfigured(msg)
        return Path(given) if given else None

    def folder(self, name: str, holds: str) -> Path | None:
        """A folder that may be left out."""
        given = self.text(name)
        if given and not Path(given).is_dir():
            msg = f"{name}={given!r} is no folder; name one with {holds}, or leave it out"
            raise ImproperlyConfigured(msg)
        return Path(given) if given else None
