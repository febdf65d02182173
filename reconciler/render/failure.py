"""A run that came to no plan, for the reports that someone waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.render import markdown
from reconciler.render import problems as rendered
from reconciler.render.escape import fence, log, terminal
from reconciler.render.page import bdi, page

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
    said = rendered.problems(problems) if problems else _said(message, hint)
    if form == "text":
        return said
    if form == "markdown":
        marker = _MARKERS.get(command, markdown.PLAN_MARKER)
        return f"{marker}\n### {_TITLE}\n\n{fence(said.splitlines())}\n"
    return page(_TITLE, f'<h1>{_TITLE}</h1><section class="alarm"><pre>{bdi(said)}</pre></section>')


_TITLE: Final = "No plan: the run failed"
_MARKERS: Final = {"apply": markdown.REPORT_MARKER, "drift": markdown.DRIFT_MARKER}


def _said(message: str, hint: str | None) -> str:
    lines = [f"error: {terminal(message)}", *([f"  help: {terminal(hint)}"] if hint else [])]
    return log("\n".join(lines)) + "\n"
