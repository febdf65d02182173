"""The room of a text that must stay under a number of bytes, and whether something was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Budget:
    """``room`` bytes of UTF-8; ``cut`` says whether something essential found none."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.cut = False

    def fitting(
        self, lines: Sequence[str], *, around: str = "", essential: bool = True
    ) -> list[str]:
        """The first of ``lines`` that fit together with ``around``, for which room is taken.

        Where lines that are ``essential`` don't fit, the text counts as cut.
        """
        room = self._room - _size(around)
        fitted: list[str] = []
        for line in lines:
            room -= _size(line)
            if room < 0:
                self.cut = self.cut or essential
                room += _size(line)
                break
            fitted.append(line)
        if fitted:
            self._room = room
        return fitted


def _size(line: str) -> int:
    return len(line.encode()) + 1
