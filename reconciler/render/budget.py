"""A text that must stay under a number of bytes, and knows what it had to leave out."""

from __future__ import annotations


class Budget:
    """Collects blocks as long as they fit; the room for ``reserve`` bytes at the end is kept."""

    def __init__(self, limit: int, *, reserve: int) -> None:
        self._blocks: list[str] = []
        self._room = limit - reserve
        self.cut = False

    def take(self, block: str) -> bool:
        """Add ``block`` if it fits; else note that the text is cut."""
        size = len(block.encode()) + 1
        if size > self._room:
            self.cut = True
            return False
        self._room -= size
        self._blocks.append(block)
        return True

    def fitting(self, lines: list[str], *, around: str = "", essential: bool = True) -> int:
        """How many of the first ``lines`` fit together with ``around``; they are not added yet.

        Where lines that are ``essential`` don't fit, the text counts as cut.
        """
        room = self._room - len(around.encode()) - 1
        for at, line in enumerate(lines):
            room -= len(line.encode()) + 1
            if room < 0:
                self.cut = self.cut or essential
                return at
        return len(lines)

    def close(self, block: str) -> None:
        """Add what an earlier block needs to end well, at the cost of the reserve."""
        self._blocks.append(block)

    def text(self, end: str) -> str:
        """Everything that fitted, and ``end``, for which room was reserved."""
        return "\n".join([*self._blocks, end])
