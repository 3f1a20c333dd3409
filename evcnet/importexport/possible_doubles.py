"""PossibleDoubles: which rows of a file may have the same key, found in little memory before the rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

BITS_A_ROW = 512  # so that less than one key in so many is taken for another
LEAST_BITS, MOST_BITS = 1 << 12, 1 << 27  # 16 MB


class PossibleDoubles:
    """``alike`` gives the same word for all cells that could be one key, or be mistaken for it. One bit is kept for each
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
            place = hash(word) & mask
            byte, bit = place >> 3, 1 << (place & 7)
            if bits[byte] & bit:
                self._words.add(word)
            bits[byte] |= bit

    def end(self) -> None:
        """All cells were looked at."""
        self._bits = bytearray()

    def positions_in(self, cells: Iterable[str]) -> set[int]:
        """The positions of the cells that may stand there more than once."""
        words = self._words
        if not words:
            return set()
        return {position for position, cell in enumerate(cells) if self._alike(cell) in words}
