"""Logos of letters: an upload is a PNG or JPEG picture of a size that mail programs show. Pure."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError

MOST_BYTES = 100_000
"""A logo goes along with every letter."""
MOST_PIXELS = 1_200
"""Wide or high."""
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG segments that say how large the picture is."""


@dataclass(frozen=True)
class Logo:
    content: bytes
    media_type: str
    name: str
    """File name, size and the beginning of the digest: what the history keeps of it."""


def read_logo(content: bytes, file_name: str) -> Logo:
    """Check an upload by what it contains, whatever its name says. Raises ValidationError with the remedy."""
    if len(content) > MOST_BYTES:
        raise ValidationError(f"The picture has {len(content):,} bytes: make it smaller, {MOST_BYTES:,} at most.")
    media_type, read_size = _kind(content)
    try:
        width, height = read_size(content)
    except (struct.error, IndexError):
        raise ValidationError("The picture is not whole: export it again.") from None
    if not 0 < width <= MOST_PIXELS or not 0 < height <= MOST_PIXELS:
        raise ValidationError(
            f"The picture is {width:,} by {height:,} pixels: make it {MOST_PIXELS:,} by {MOST_PIXELS:,} at most."
        )
    digest = hashlib.sha256(content).hexdigest()[:8]
    return Logo(content, media_type, f"{file_name[-60:]}, {width} × {height}, {digest}")


def _kind(content: bytes) -> tuple[str, Callable[[bytes], tuple[int, int]]]:
    if content.startswith(_PNG):
        return "image/png", _size_of_png
    if content.startswith(_JPEG):
        return "image/jpeg", _size_of_jpeg
    raise ValidationError("This is no PNG and no JPEG picture: save the logo as one of these.")


def _size_of_png(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        return 0, 0
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    """Walks from segment to segment up to the one that says it. Raises IndexError where there is none."""
    place = 2
    while True:
        if content[place] != 0xFF:
            raise IndexError
        marker = content[place + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        place += 2 + length
