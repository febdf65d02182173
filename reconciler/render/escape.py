"""The one place where a foreign string is made safe for the sink it goes to.

Names of tags and companies, messages of servers, and lines of files are foreign: anyone may have
chosen them to move a cursor, turn text around, start a command of a CI runner, call a person, load
a picture or run a formula. First every sink gets *visible* text (no controls, no bidirectional or
invisible characters, no runner commands); then what the sink itself reads as syntax is quoted.
"""

from __future__ import annotations

import html as _html
import re
from typing import TYPE_CHECKING, Final

from reconciler.text.visible import escaped, is_hidden, is_mark

if TYPE_CHECKING:
    from collections.abc import Iterable


def terminal(text: str) -> str:
    r"""``text`` on one line of a terminal or a CI log, with what can't be seen written out.

    ``\x1b``, ``\n``, ``\u202e``: every control, bidirectional, invisible, private or unassigned
    character, spaces other than the plain one, and the second character of ``::``, ``##[`` and
    ``##vso[``, on which runners act anywhere in a line.
    """
    return text if _plain(text) else "".join(pieces(text))


def label(text: str) -> str:
    """A name on a terminal: as :func:`terminal`, with spaces at either end and emptiness shown."""
    shown = terminal(text)
    bare = shown.strip(" ")
    if not bare:
        return f'"{shown}"'
    left, right = (len(shown) - len(side) for side in (shown.lstrip(" "), shown.rstrip(" ")))
    return f"{_BLANK * left}{bare}{_BLANK * right}"


def pieces(text: str) -> list[str]:
    """What :func:`terminal` writes for each character of ``text``, to count columns with."""
    if _plain(text):
        return list(text)
    out: list[str] = []
    marks = 0
    for at, character in enumerate(text):
        marks = marks + 1 if is_mark(character) else 0
        hidden = is_hidden(character) or _commands(text, at)
        # A mark needs something to sit on; a tower of them covers the lines around it.
        towering = marks > _MAX_MARKS or (marks == 1 and at == 0)
        out.append(visible(character) if hidden or towering else character)
    return out


def visible(character: str) -> str:
    """The escape that stands for ``character``, as Python would write it."""
    return _SHORT.get(character) or escaped(character)


def log(text: str) -> str:
    """Finished output that a CI runner will read: no command may arise where two strings meet."""
    return _COMMAND.sub(lambda found: found[0][0] + visible(found[0][1]), text)


def html(text: str) -> str:
    """Text or an attribute's value in HTML; direction is kept inside by the caller's ``<bdi>``."""
    return _html.escape(terminal(text), quote=True)


def code(text: str, *, in_table: bool = False) -> str:
    """A Markdown code span: the one place where mentions, references, links and HTML are inert.

    ``in_table``: pipes are escaped, as only a table's cells want it.
    """
    shown = terminal(text)
    if not shown.strip():
        shown = f"'{shown}'"
    if in_table:
        shown = shown.replace("|", "\\|")
    fence = "`" * (_longest_run(shown, "`") + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Markdown text that only reads as text: what could be syntax is written as a reference.

    For sentences (notes, messages). A reference is never syntax to a Markdown parser, but GitHub
    and GitLab look for mentions and issue numbers after it is decoded: those get a comment between.
    """
    shown = terminal(text)
    return _SYNTAX.sub(lambda found: _reference(found[0]), shown)


def fence(lines: Iterable[str], *, language: str = "") -> str:
    """A fenced Markdown block of ``lines`` that are already visible; none of them can end it."""
    around = ticks(lines)
    return "\n".join([f"{around}{language}", *lines, around])


def ticks(lines: Iterable[str]) -> str:
    """The backticks that open and close a block of ``lines``: more than any of them holds."""
    return "`" * max(3, max((_longest_run(line, "`") for line in lines), default=0) + 1)


def cell(text: str) -> str:
    """Text in a cell of a spreadsheet, never a formula, also where it is split at semicolons."""
    return _FORMULA.sub(r"\1'", terminal(text))


def command(text: str) -> str:
    """The message of a GitHub workflow command; lines are kept, as ``%0A``."""
    lines = text.replace("\r\n", "\n").split("\n")
    shown = "\n".join(terminal(line) for line in lines)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property (``file=``, ``title=``) of a GitHub workflow command."""
    return terminal(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BLANK: Final = escaped(" ")
_MAX_MARKS: Final = 3

_COMMAND: Final = re.compile(r"::|##(?=\[|vso\[)", re.IGNORECASE)
# Everything that may open something, whatever opens a line, and the dots of links without scheme.
_SYNTAX: Final = re.compile(
    r"[\\`*_{}\[\]<>&#!|~@$^%\"]|:(?!\s)|\A[^A-Za-z]|(?<=\w)\.(?=\w)|-(?=\d)"
)
# What starts a mention, an issue, a merge request, a label, a milestone… on GitHub or GitLab.
_REFERRING: Final = frozenset("@#!$%^~&-")
_FORMULA: Final = re.compile("(^|;)(?=[ '\"]*[-=+@|%\uff1d\uff0b\uff0d\uff20\\\\])")


def _plain(text: str) -> bool:
    """Whether nothing has to be done: most strings, so it comes first and is cheap."""
    return text.isascii() and text.isprintable() and "::" not in text and "##" not in text


def _commands(text: str, at: int) -> bool:
    if at == 0:
        return False
    pair = text[at - 1 : at + 1]
    if pair == "::":
        return True
    return pair == "##" and text[at + 1 : at + 5].lower().startswith(("[", "vso["))


def _longest_run(text: str, character: str) -> int:
    return max(map(len, re.findall(f"{re.escape(character)}+", text)), default=0)


def _reference(character: str) -> str:
    return f"&#{ord(character)};" + ("<!-- -->" if character in _REFERRING else "")
