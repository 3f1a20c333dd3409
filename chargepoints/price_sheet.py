"""A price sheet for the wall: the notice with the QR code of its page, as a page to print and, where the machine can, as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import segno
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from chargepoints.price_notice import PriceNotice

STYLES = "evcnet/price_sheet.css"


def sheet_html(notice: PriceNotice, address: str, *, styles: str = "") -> str:
    """The document to print. ``address``: absolute, of the public page, for the code; ``styles`` stand in place of a link to them."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(border=4, omitsize=True, title=address)
    context = {"notice": notice, "words": notice.words, "code": drawn, "address": address, "styles": styles}
    return render_to_string("chargepoints/price_sheet.html", context)


def sheet_pdf(notice: PriceNotice, address: str) -> bytes:
    """It fetches nothing. Raises ImportError where ``why_no_pdf`` says why."""
    weasyprint = _weasyprint()
    html = sheet_html(notice, address, styles=Path(finders.find(STYLES)).read_text())  # type: ignore[arg-type]
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"})
    pdf: bytes = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf()
    return pdf


def why_no_pdf() -> str:
    """In words; empty where a PDF can be made."""
    try:
        _weasyprint()
    except ImportError as missing:
        return str(missing)
    return ""


def _weasyprint() -> Any:
    """Imported when it is needed: it takes a second, and asks the machine for Pango."""
    try:
        import weasyprint
        import weasyprint.urls
    except OSError as missing:
        raise ImportError(
            "This machine lacks Pango, which sets the type of a PDF: install it (Debian: libpango-1.0-0 and "
            "libpangoft2-1.0-0), or print the page."
        ) from missing
    return weasyprint
