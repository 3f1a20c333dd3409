"""Reads JSON to the last digit: numbers stay as they are written, and a name that occurs twice is refused."""

import json
from decimal import Decimal
from typing import Any, NoReturn


class NotJson(ValueError):
    """A text that is no JSON, or says two things at once; the message is one line."""


def read_json(text: bytes) -> Any:
    """The value of a UTF-8 text (a byte order mark is fine); decimals become Decimals. Raises NotJson."""
    try:
        return json.loads(
            text.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_unique_names
        )
    except UnicodeDecodeError as error:
        raise NotJson(f"is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise NotJson("is nested too deeply; give one object") from error
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(f"holds a number that is too long: {error}") from error


def _no_number(name: str) -> NoReturn:
    raise NotJson(f"{name} is no number; leave it out, or give one")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"says {twice!r} twice in one object; keep one of the two")
    return values
