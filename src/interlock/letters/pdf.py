"""A letter as tagged PDF (PDF/UA-1), laid out from HTML; the same letter gives the same bytes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import segno
from django.template.loader import render_to_string

from interlock.files import InterlockError
from interlock.letters.words import words

if TYPE_CHECKING:
    from interlock.letters.content import Letter

_VARIANT = "pdf/ua-1"


class PrintingError(InterlockError):
    """This machine cannot lay out letters."""


def to_pdf(letter: Letter, check_address: str) -> bytes:
    """Lay a letter out.

    Args:
        letter: what it says.
        check_address: where anybody can check its code, without the code.

    Raises:
        PrintingError: the libraries that draw text are not on this machine.
    """
    page = to_html(letter, check_address)
    try:
        # Its libraries load here: only whoever prints needs them.
        import weasyprint  # noqa: PLC0415
    except OSError as error:
        msg = f"letters need Pango ({error}); install libpango-1.0-0, libpangoft2-1.0-0 and fonts"
        raise PrintingError(msg) from error
    own = weasyprint.urls.URLFetcher(allowed_protocols=["data"])  # nothing from outside
    document = weasyprint.HTML(string=page, url_fetcher=own)
    identifier = hashlib.sha256(page.encode()).digest()[:16]
    found: bytes = document.write_pdf(pdf_variant=_VARIANT, pdf_identifier=identifier)
    return found


def to_html(letter: Letter, check_address: str) -> str:
    """The page that is laid out."""
    code = letter.code.text()
    square = segno.make(f"{check_address}?code={code}", error="m")
    given = {
        "letter": letter,
        "say": words(letter.language),
        "code": code,
        "check_address": check_address,
        "square": square.svg_data_uri(scale=4, border=0),
        "recorded": f"{letter.code.recorded:%Y-%m-%d %H:%M:%S} UTC",
    }
    return render_to_string("letters/letter.html", given)
