"""Answers as JSON: a moment has one spelling everywhere, that of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from interlock.book.snapshots import plain


class _Encoder(NinjaJSONEncoder):
    def default(self, o: Any) -> Any:
        # Django's own would cut it to thousandths of a second.
        return plain(o) if isinstance(o, datetime) else super().default(o)


class ExactJson(JSONRenderer):
    """JSON with moments whole, in UTC: `2026-01-28T12:00:00.123456+00:00`."""

    encoder_class = _Encoder
