"""Keys of texts by which people search: small letters without accents and separators. Pure; the database has the same.

Blanks stay between words. What is typed is split at its blanks first, so that a word never reaches over them.
"""

from __future__ import annotations

import unicodedata
from string import ascii_lowercase, ascii_uppercase

_SEPARATORS = ":-.*'"
_APOSTROPHES = "‘’"
_PAIRS = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ĳ": "ij", "Ĳ": "ij", "þ": "th", "Þ": "th"}
"""Letters that people without them write as two."""
_LIKE = dict(zip("øØđĐðÐħĦıĸłŁŋŊŧŦŀĿſŉ", "ooddddhhikllnnttllsn", strict=True))
"""Letters that no accent was added to, as people without them write them."""


def _plain(letter: str) -> str:
    return _LIKE.get(letter) or unicodedata.normalize("NFD", letter)[0].lower()


_ACCENTED = [
    letter
    for letter in [*map(chr, range(0xC0, 0x180)), *"ȘșȚț"]
    if letter.isalpha() and letter not in _PAIRS and _plain(letter) in ascii_lowercase
]
_FROM = "".join(_ACCENTED)
_TO = "".join(map(_plain, _ACCENTED))
_COMMON = " eanirotsldhumgkpbcvwfjzyxq0123456789@"
"""Signs that stay as they are, the commonest first: PostgreSQL looks for each sign of a text in the whole list from its
beginning, and what is not in it costs most."""
_TABLE = str.maketrans(ascii_uppercase + _FROM, ascii_lowercase + _TO, _SEPARATORS + _APOSTROPHES) | {
    ord(letter): pair for letter, pair in _PAIRS.items()
}


def search_key(text: str) -> str:
    """As texts are stored that are searched, and each word that is looked for in them."""
    return text.translate(_TABLE)


def search_key_sql(text: str) -> str:
    """The same of an expression in SQL. Text in ASCII, as nearly all is, takes the short way: translate is slow by its
    number of signs, and finds the common ones first."""
    small = f'lower({text} COLLATE "C")'
    pairs = small
    for letter, pair in _PAIRS.items():
        pairs = f"replace({pairs}, '{letter}', '{pair}')"
    separators = _SEPARATORS.replace("'", "''")
    return (
        f"CASE WHEN octet_length({text}) = length({text}) THEN translate({small}, '{separators}', '')"
        f" ELSE translate({pairs}, '{_COMMON}{_FROM}{separators}{_APOSTROPHES}', '{_COMMON}{_TO}') END"
    )
