"""JSON files of OCPI objects, packed or not, whose decimals stay exact both ways."""

from __future__ import annotations

import json
import lzma
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from evcnet.importexport.row_errors import UnreadableFile
from evcnet.json_numbers import json_number

LARGEST = 1 << 30
"""Bytes, unpacked: several times the feed of a whole country, and less than what a bomb unpacks to."""


def read_objects(path: Path) -> list[Any]:
    """The array in a ``.json`` or ``.json.xz`` file, its decimals exact. Raises UnreadableFile."""
    try:
        objects = json.loads(_text(path), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError as error:
        raise UnreadableFile(f"{path} is nested too deeply to be OCPI.") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableFile(f"{path} is not JSON: {error.msg} at {place}.") from error
    except ValueError as error:
        raise UnreadableFile(f"{path}: {error}") from error
    if not isinstance(objects, list):
        raise UnreadableFile(f"{path} holds no array: give a list of OCPI objects, as in [{{...}}, {{...}}].")
    return objects


def _text(path: Path) -> str:
    try:
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise UnreadableFile(f"{path} can't be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(raw) > LARGEST:
        raise UnreadableFile(f"{path} is larger than {LARGEST >> 20:,} MiB unpacked: split it.")
    return raw.decode("utf-8-sig")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number: leave it out, or give one.")


def write_objects(objects: list[dict[str, Any]]) -> str:
    """The array as JSON text, an object a line; Decimals become numbers that read back as the same Decimals."""
    lines = (json.dumps(each, ensure_ascii=False, separators=(",", ":"), default=json_number) for each in objects)
    return "[\n" + ",\n".join(lines) + "\n]\n"
