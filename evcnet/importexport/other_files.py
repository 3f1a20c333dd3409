"""Files that are no CSV and no workbook, whatever their names say: what each is, and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection

UTF_16 = "The file is UTF-16: save it as “CSV UTF-8”."
PICTURE = "The file is a picture: save the table that it shows as “CSV UTF-8”, or as .xlsx."
_BEGINNINGS = {
    b"\xff\xfe": UTF_16,
    b"\xfe\xff": UTF_16,
    b"\xd0\xcf\x11\xe0": "The file is an old or a protected Excel workbook: save it as .xlsx without a password, or as CSV.",
    b"%PDF": "The file is a PDF: save the table as CSV.",
    b"\x89PNG": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"{\\rtf": "The file is a text document: save the table as CSV.",
}
_WEB_PAGE = re.compile(rb"\s*<(!doctype|html|table|\?xml|head|meta|body|div|workbook)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(\[\s*)?\{\s*(\"|\})")
_LOOKED_AT = 1_000  # bytes at the beginning


def what_else(data: bytes) -> str | None:
    """What a file is that is no text of rows, with the remedy; None where it may be one."""
    for beginning, message in _BEGINNINGS.items():
        if data.startswith(beginning):
            return message
    start = data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf")
    if len(start) > 3 and (start[1] == start[3] == 0 != start[0] or start[0] == start[2] == 0 != start[1]):
        return UTF_16  # without its mark
    if _WEB_PAGE.match(start):
        return (
            "The file is a web page or XML: open it in a spreadsheet program, and save it as .xlsx or as “CSV UTF-8”."
        )
    if _JSON.match(start):
        return "The file is JSON: save the rows as CSV or .xlsx."
    return None


def what_archive(names: Collection[str]) -> str | None:
    """The same of an archive, such as a workbook is, by the names of its parts."""
    if "xl/workbook.bin" in names:
        return "The file is a binary workbook: save it as .xlsx, or as CSV."
    if any(name.startswith("xl/") for name in names):
        return None
    if any(name.endswith(".iwa") for name in names):
        return "The file is a Numbers document: export it as .xlsx, or as CSV."
    if "mimetype" in names:
        return "The file is an OpenDocument file: save it as .xlsx, or as “CSV UTF-8”."
    if "word/document.xml" in names:
        return "The file is a text document: save the table in it as CSV or .xlsx."
    return "The file is an archive: unpack it, and upload the table in it; if that is none, save it as CSV."
