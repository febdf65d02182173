"""Text that tries to break out of where it is shown, and checks that it did not.

For every test that shows foreign text: names of tags and companies, messages of servers, notes.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

PAYLOADS: Final = (
    "\x1b[2J\x1b[1;1Hyou see nothing",
    "\x1b]0;window title\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJmIH4=\x07",
    "\x9b31mC1 control\x9b0m",
    "back\x08\x08\x08\x08space",
    "carriage\rreturn",
    "line\nbreak",
    "line\r\nbreak ::error::x",
    "\u2028separator\u2029",
    "null\x00byte\x7f",
    "\u202egnp.exe\u202c",
    "\u2066isolate\u2069 \u200f mark",
    "zero\u200bwidth\u200djoiner\ufeff",
    "tag \U000e0041\U000e0042 characters",
    "Z\u0351\u036b\u0343\u036a\u0302\u0352\u0328\u035b\u0352algo",
    "\u0301starts with a mark",
    "lone \ud800 surrogate",
    "hangul\u3164filler \u115f\u2800",
    "::error file=a.yaml,line=1::owned",
    "::set-output name=x::y",
    "text before ::add-mask::secret",
    "::stop-commands::token",
    ":::error::x",
    "##[error]owned",
    "##[group]folded",
    "##vso[task.setvariable variable=x]y",
    "##VSO[build.addbuildtag]x",
    "%0A::error::encoded",
    "section_start:1700000000:owned\r\x1b[0K",
    "section_end:1700000000:owned\r\x1b[0K",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</code></summary></details><h1>out</h1>",
    "</style><style>*{display:none}</style>",
    "&lt;b&gt;already&amp;escaped&#64;user",
    "<!-- comment -->",
    "]]><![CDATA[",
    "| a | b |\n|---|---|",
    "pipe | pipe \\| pipe",
    "`code` ``code`` ```fence",
    "```\n# heading\n```diff",
    "~~~ tilde",
    "![image](https://evil.example/track.png)",
    "[link](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example and www.evil.example",
    "mail@evil.example",
    "@octocat @org/team",
    "fixes #1, GH-2, owner/repo#3, !4 $5 %6 ~7 &8",
    "**bold** _it_ ~~no~~ # heading",
    "1. list",
    "- [ ] task",
    "> [!CAUTION]",
    "---",
    ":warning: :+1:",
    "$$\\unsafe{math}$$",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    '"=1+1',
    "\t=1+1",
    " =1+1",
    "\uff1d1+1",
    "a;=1+1",
    "a,b\n=1+1",
    "-> delete  Everything   no interaction has it",
    "",
    " ",
    "  leading and trailing  ",
    "A" * 5000,
    "日" * 500,
    "🦷👩\u200d⚕️🏳️\u200d🌈",
)

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff"
    "\uffa0\ud800-\udfff\U000e0000-\U000e0fff]"
)
_COMMANDS = re.compile(r"::|##\[|##vso\[", re.IGNORECASE)


def assert_visible(shown: str) -> None:
    """No character that a terminal or a reader's eye is deceived by; newlines are the layout's."""
    assert not _CONTROLS.search(shown), _CONTROLS.search(shown)
    assert not _INVISIBLE.search(shown), _INVISIBLE.search(shown)
    shown.encode()


def assert_no_command(shown: str) -> None:
    """Nothing that a CI runner acts on, at any place in a line."""
    assert not _COMMANDS.search(shown), _COMMANDS.search(shown)


def assert_safe_text(shown: str) -> None:
    """Fit for a terminal and for a CI log."""
    assert_visible(shown)
    assert_no_command(shown)


class _Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta", "br", "img", "link", "input", "li"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "li":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


_HTML_TAGS: Final = frozenset(
    re.findall(
        r"\w+",
        """
        html head meta title style body main section footer h1 h2 h3 p ul li b i span bdi code
        div table thead tbody tr th td details summary br pre script
        """,
    )
)
_HTML_ATTRIBUTES: Final = frozenset(
    ["lang", "charset", "http-equiv", "content", "name", "class", "scope", "title"]
)


def assert_safe_page(page: str) -> str:
    """Only the elements and attributes that we write, all of them closed; returns the text."""
    assert_safe_text(page)
    parser = _Page()
    parser.feed(page)
    parser.close()
    assert parser.tags <= _HTML_TAGS
    assert parser.attributes <= _HTML_ATTRIBUTES
    assert not parser.open
    return parser.text


_OUR_HTML: Final = frozenset(["details", "summary", "b", "code", "sub", "!--"])


def assert_safe_markdown(shown: str) -> None:
    """Outside code, nothing but what we write ourselves; details open and close in pairs."""
    assert_safe_text(shown)
    prose = _without_code(shown)
    assert prose.count("<details>") == prose.count("</details>")
    assert prose.count("<summary>") == prose.count("</summary>")
    for name in re.findall(r"<\s*/?([^\s>]*)", prose):
        assert name in _OUR_HTML
    for line in prose.splitlines():
        bare = re.sub(r"<summary>.*</summary>|<!-- (?:reconciler: \w+ )?-->", "", line)
        assert "@" not in bare
        assert "](" not in bare
        assert "`" not in bare
        assert "://" not in bare
        assert not re.search(r"(?<!&)#\d|\bwww\.|\bGH-\d", bare)
        if bare.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", bare)) == _COLUMNS + 1


_COLUMNS: Final = 4


def _without_code(shown: str) -> str:
    """``shown`` without fenced blocks and code spans."""
    kept: list[str] = []
    fence = ""
    for line in shown.split("\n"):
        ticks = re.match("`{3,}", line)
        if not fence and ticks:
            fence = ticks[0]
        elif fence and line == fence:
            fence = ""
        elif not fence:
            kept.append(re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "CODE", line))
    assert not fence
    return "\n".join(kept)


def assert_safe_csv(text: str) -> None:
    """No cell that a spreadsheet takes for a formula."""
    assert_safe_text(text)
    for line in text.splitlines():
        for cell in re.findall(r'"((?:[^"]|"")*)"|([^,]+)', line):
            value = (cell[0] or cell[1]).replace('""', '"').strip(' "')
            assert not value.startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20")) or re.fullmatch(
                r"-?[\d.]+", value
            )
