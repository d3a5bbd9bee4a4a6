"""The code on a letter: which thing, as recorded when, and a mark that only this book can make.

`licence/l-1/20260128T101500.000000Z/9KQ2-M3XA-77PD-0W1E`. The mark is 80 bits of an HMAC-SHA256
under the server's secret key, in Crockford's base 32, which has no letters that look like digits.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.crypto import constant_time_compare, salted_hmac

KINDS = ("licence", "application")
_FORM = "%Y%m%dT%H%M%S.%fZ"
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans("ILO", "110")
_MARK_BITS, _DIGIT_BITS, _GROUP = 80, 5, 4
_SALT = "interlock.letters.code"


class Code(NamedTuple):
    """What a code names.

    Attributes:
        kind: of the thing: licence or application.
        pk: its id.
        recorded: the letter says what was recorded by then; aware.
    """

    kind: str
    pk: str
    recorded: datetime

    def text(self) -> str:
        """The code as printed."""
        named = self._named()
        return f"{named}/{_mark(named)}"

    def _named(self) -> str:
        return f"{self.kind}/{self.pk}/{self.recorded.astimezone(UTC).strftime(_FORM)}"


def read_code(text: str) -> Code | None:
    """What a code names; None where this book did not make it.

    Spaces, small letters and I, L, O for 1, 1, 0 in the mark are forgiven, as people type.
    """
    named, _, mark = re.sub(r"\s", "", text).rpartition("/")
    kind, _, rest = named.partition("/")
    pk, _, moment = rest.rpartition("/")
    try:
        recorded = datetime.strptime(moment, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    given = mark.upper().translate(_LOOKS_LIKE)
    ours = constant_time_compare(given, _mark(named))
    return Code(kind, pk, recorded) if ours and kind in KINDS else None


def _mark(named: str) -> str:
    digest = salted_hmac(_SALT, named, algorithm="sha256").digest()
    number = int.from_bytes(digest[: _MARK_BITS // 8])
    size = _MARK_BITS // _DIGIT_BITS
    shifts = range((size - 1) * _DIGIT_BITS, -1, -_DIGIT_BITS)
    digits = "".join(_DIGITS[number >> shift & 31] for shift in shifts)
    return "-".join(digits[at : at + _GROUP] for at in range(0, size, _GROUP))
