"""Map tiles: what a template of their addresses must say, and which host browsers may then fetch pictures from."""

from __future__ import annotations

from urllib.parse import urlsplit

PLACES = ("{z}", "{x}", "{y}")


def tile_hosts(template: str) -> list[str]:
    """Sources for img-src of the Content-Security-Policy: none without tiles, and none for tiles of the portal itself.

    Raises ValueError for what is no template of http(s) addresses with {z}, {x} and {y}.
    """
    if not template:
        return []
    missing = [place for place in PLACES if place not in template]
    if missing:
        raise ValueError(f"MAP_TILES_URL lacks {', '.join(missing)}: https://tiles.example.org/{{z}}/{{x}}/{{y}}.png")
    if template.startswith("/") and not template.startswith("//"):
        return []
    parts = urlsplit(template)
    host = parts.netloc.replace("{s}", "*", 1)
    if parts.scheme not in ("http", "https") or not _is_host(host):
        raise ValueError("MAP_TILES_URL is no address that begins with https://, and no path of the portal itself.")
    return [f"{parts.scheme}://{host}"]


def _is_host(text: str) -> bool:
    """Nothing that could end the directive, or name more than one host."""
    labels = text.removeprefix("*.")
    return bool(labels) and all(sign.isascii() and (sign.isalnum() or sign in ".-:") for sign in labels)
