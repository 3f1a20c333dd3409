"""Codes as people, readers and files spell them: by what they are compared, and which signs they may hold. Pure.

A key is the code in capitals without its separators: ``04:38:6b:4d`` and ``04386B4D`` are one uid. The database has the
same key of a column by ``key_sql``, as ``evcnet/code_keys.py`` declares it.
"""

from __future__ import annotations

import unicodedata
from string import ascii_lowercase, ascii_uppercase

UID_SEPARATORS = " :-."
IDENTITY_SEPARATORS = UID_SEPARATORS + "*"
_UID = str.maketrans(ascii_lowercase, ascii_uppercase, UID_SEPARATORS)
_IDENTITY = str.maketrans(ascii_lowercase, ascii_uppercase, IDENTITY_SEPARATORS)
_LETTERS = frozenset(map(chr, range(0xC0, 0x180))) - {"×", "÷"} | set("ȘșȚțẞ")
"""Letters of the Latin alphabet with accents, as the languages of Europe write them."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by their category that no eye sees."""
_CONTROLS = {"\t": "a tab", "\n": "a line break", "\r": "a line break", "\0": "a zero byte"}
_ALPHABETS = frozenset({"arabic", "armenian", "cherokee", "cyrillic", "georgian", "greek", "hebrew", "latin"})


def uid_key(uid: str) -> str:
    """By what uids of cards are compared, looked up and kept apart."""
    return uid.translate(_UID)


def identity_key(identity: str) -> str:
    """The same for identities and EVSE IDs, and for numbers by which people search."""
    return identity.translate(_IDENTITY)


def unpadded_uid_key(uid: str) -> str:
    """The uid's key as a spreadsheet leaves it that took the uid for a number: without leading zeros."""
    return uid_key(uid).lstrip("0")


def key_sql(column: str, separators: str) -> str:
    """The key of a column in SQL, for any text the same as in Python."""
    return f"translate({column}, '{ascii_lowercase}{separators}', '{ascii_uppercase}')"


def foreign_sign(text: str, *, ascii_only: bool) -> str | None:
    """The first sign that is not what it looks like, by its name and place: "U+200B, a zero-width space, at place 5".
    None where there is none.

    Printable ASCII is; without ``ascii_only`` also letters of the Latin alphabet and symbols that are no look-alikes.
    """
    for place, sign in enumerate(text, 1):
        if not (" " <= sign <= "~" or (not ascii_only and _is_distinct(sign))):
            return f"U+{ord(sign):04X}, {_name(sign)}, at place {place}"
    return None


def _is_distinct(sign: str) -> bool:
    category, plain = unicodedata.category(sign), unicodedata.normalize("NFKC", sign)
    looks_like_ascii = category == "Pd" or (len(plain) == 1 and plain.isascii())
    return sign in _LETTERS or (category[0] in "PS" and sign not in _BLANKS and not looks_like_ascii)


def _name(sign: str) -> str:
    name = unicodedata.name(sign, "").lower().replace("zero width", "zero-width")
    if not name:
        return _CONTROLS.get(sign, "a control sign")
    first, _, rest = name.partition(" ")
    name = f"{first.capitalize() if first in _ALPHABETS else first} {rest}".strip()
    return f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


def is_visible(text: str) -> bool:
    """Does it hold a letter, digit, mark of punctuation or symbol that people see?"""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANKS for sign in text)
