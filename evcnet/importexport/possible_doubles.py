"""PossibleDoubles: which rows of a file may have the same key, found in little memory before the rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b

BITS_A_ROW = 64  # so that one key in a thousand is taken for another
LEAST_BITS, MOST_BITS = 1 << 12, 1 << 26  # 8 MB, for a million rows


class PossibleDoubles:
    """``alike`` gives the same word for all cells that could be one key, or be mistaken for it. Two bits are kept for each
    word, so that some are among the possible doubles that are none, and none is missing."""

    def __init__(self, alike: Callable[[str], str], rows: int) -> None:
        self._alike = alike
        self._mask = min(MOST_BITS, max(LEAST_BITS, 1 << (rows * BITS_A_ROW).bit_length())) - 1
        self._bits = bytearray((self._mask + 1) // 8)
        self._words: set[str] = set()

    def look_at(self, cells: Iterable[str]) -> None:
        """Before any is asked for: all cells of the file's key, in whatever order."""
        bits, mask, alike = self._bits, self._mask, self._alike
        for cell in cells:
            word = alike(cell)
            code = _code_of(word)
            one, other = code & mask, (code >> 32) & mask
            bit, other_bit = 1 << (one & 7), 1 << (other & 7)
            if bits[one >> 3] & bit and bits[other >> 3] & other_bit:
                self._words.add(word)
            bits[one >> 3] |= bit
            bits[other >> 3] |= other_bit

    def end(self) -> None:
        """All cells were looked at."""
        self._bits = bytearray()

    def positions_in(self, cells: Iterable[str]) -> set[int]:
        """The positions of the cells that may stand there more than once."""
        words = self._words
        if not words:
            return set()
        return {position for position, cell in enumerate(cells) if self._alike(cell) in words}


def _code_of(word: str) -> int:
    """64 bits, the same in every process, as Python's own hash is not: what was previewed by one is imported by another,
    and which rows are taken one by one is part of the fingerprint."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
