"""The only importer of Jinja2: templates in which every value is safe for where it stands.

What a template prints is foreign until something says otherwise. Pages get it visible and as HTML
text, Markdown gets it as prose; ``code``, ``cell``, ``bdi`` and the like choose another form,
``hint`` shows the lines of a hint, and ``safe`` marks sentences that are wholly ours.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.model.palette import PALETTE
from reconciler.render import escape, outcomes, wording
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Callable

_TO_WRITE: Final = re.compile(r"[a-z_]+: \S")
"""How a line of a hint begins that is to be written into a file: a key and its value."""


def page(template: str, **values: object) -> str:
    """The template ``template`` of an HTML document, filled in with ``values``."""
    return _environment(_visible, _hint_of_page).get_template(template).render(values)


def markdown(template: str, **values: object) -> str:
    """The Markdown template ``template``, filled in with ``values``."""
    return _environment(_prose, _hint_of_markdown).get_template(template).render(values)


def markdown_line(macro: str, *values: object) -> str:
    """One line of Markdown: what ``macro`` of ``lines.md.j2`` makes of ``values``, as markup."""
    line: str = getattr(_lines(), macro)(*values)
    return line


@cache
def _lines() -> object:
    return _environment(_prose, _hint_of_markdown).get_template("lines.md.j2").module


@cache
def _environment(safe: Callable[[object], Markup | str], hint: Callable[..., str]) -> Environment:
    """Templates of which ``safe`` prepares every printed value that is not markup yet.

    Jinja then escapes for HTML what ``safe`` has left a plain text. ``hint``: the filter for hints.
    """
    environment = Environment(
        loader=PackageLoader("reconciler.render"),
        autoescape=True,
        finalize=safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals.update(palette=PALETTE, wording=wording, outcomes=outcomes)
    environment.filters.update(
        bdi=_markup(lambda text: f"<bdi>{escape.html(text)}</bdi>"),
        cell=_markup(partial(escape.code, in_table=True)),
        code=_markup(escape.code),
        count=_markup(count),
        fence=_markup(escape.fence),
        hint=_markup(hint),
        html=_markup(escape.html),
        label=escape.label,
        number=_markup(number),
    )
    return environment


def _markup(function: Callable[..., str]) -> Callable[..., Markup]:
    return lambda *args, **kwargs: Markup(function(*args, **kwargs))  # noqa: S704 - it escapes


def _visible(value: object) -> Markup | str:
    return value if isinstance(value, Markup) else escape.terminal(str(value))


def _prose(value: object) -> Markup:
    if isinstance(value, Markup):
        return value
    return Markup(escape.prose(str(value)))  # noqa: S704 - prose escapes


def _hint_of_page(hint: str) -> str:
    lines = [(_TO_WRITE.match(line), escape.html(line)) for line in hint.splitlines()]
    return "<br>".join(
        f"<code>{line}</code>" if code else f"<bdi>{line}</bdi>" for code, line in lines
    )


def _hint_of_markdown(hint: str, *, in_table: bool = False) -> str:
    # On one line, because a hint stands in items of lists and in cells of tables.
    return " ".join(
        escape.code(line, in_table=in_table) if _TO_WRITE.match(line) else escape.prose(line)
        for line in hint.splitlines()
    )
