"""Words of messages, counts with their noun, and words as they are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.db import models


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 charge point", "1,916 charge points"; ``many`` where the plural is more than an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def is_same_name(typed: str, names: Iterable[str]) -> bool:
    """Is what somebody typed one of the names? Case and spaces make no difference."""
    return _plain(typed) in map(_plain, names)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def counted_rows(model: type[models.Model], number: int) -> str:
    """The same for the rows of a model, by its own names."""
    return counted(number, str(model._meta.verbose_name), str(model._meta.verbose_name_plural))


def compact(name: str) -> str:
    """Letters and digits alone, without case and accents: "E-Mail", "e_mail" and "email" are one name."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in letters if each.isalnum() or each in "%°")
