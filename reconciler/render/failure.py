"""A run that came to no plan, for the reports that someone waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render import problems as rendered
from reconciler.render.escape import fence, log, terminal
from reconciler.render.page import bdi, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.problem import Problem


def render(
    form: str, *, message: str, hint: str | None = None, problems: Sequence[Problem] = ()
) -> str:
    """What went wrong, as ``form``: text, markdown or html; ``problems`` are a configuration's."""
    said = rendered.problems(problems) if problems else _said(message, hint)
    if form == "text":
        return said
    if form == "markdown":
        return f"### No plan: the run failed\n\n{fence(said.splitlines())}\n"
    title = "No plan: the run failed"
    return page(title, f'<h1>{title}</h1><section class="alarm"><pre>{bdi(said)}</pre></section>')


def _said(message: str, hint: str | None) -> str:
    lines = [f"error: {terminal(message)}", *([f"  help: {terminal(hint)}"] if hint else [])]
    return log("\n".join(lines)) + "\n"
