"""A run that came to no plan, for the reports that someone waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.render import problems as rendered
from reconciler.render.escape import log, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.problem import Problem


def render(
    form: str,
    command: str,
    *,
    message: str,
    hint: str | None = None,
    problems: Sequence[Problem] = (),
) -> str:
    """What went wrong in ``command``, as ``form``: text, markdown or html.

    ``problems`` are a configuration's. Markdown begins as that of a run that went well, so that a
    job finds the comment which it replaces.
    """
    text = rendered.problems(problems) if problems else _as_text(message, hint)
    if form == "text":
        return text
    from reconciler.render import templating  # noqa: PLC0415 - slow, and text needs none of it

    show = templating.markdown if form == "markdown" else templating.page
    template = "failure.md.j2" if form == "markdown" else "failure.html.j2"
    kind = _KINDS.get(command, "plan")
    return show(template, title=_TITLE, lines=text.splitlines(), kind=kind)


_TITLE: Final = "No plan: the run failed"
_KINDS: Final = {"apply": "report", "drift": "drift", "audit": "audit"}


def _as_text(message: str, hint: str | None) -> str:
    lines = [f"error: {terminal(message)}", *([f"  help: {terminal(hint)}"] if hint else [])]
    return log("\n".join(lines)) + "\n"
