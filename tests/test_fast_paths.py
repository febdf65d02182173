"""Each quick way that was taken for speed leads where the slow one does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.text import _LINE_END, Text
from reconciler.config.values import span
from reconciler.model.state import State
from reconciler.model.tag import Status, Tag, completed, differing
from reconciler.planning.differ import changed_fields
from tests.builders import live_tag
from tests.wishes import declare

names = st.sampled_from(("Lead", "lead", "Oppty"))
colors = st.sampled_from((None, "gray1", "blue1"))


@given(names, names, colors, colors, st.sampled_from(State), st.sampled_from(Status))
def test_what_differs_is_what_deepdiff_finds(
    name: str, live: str, color: str | None, has: str | None, state: State, status: Status
) -> None:
    tag = live_tag(name=live, color=has, status=status)
    declaration = declare(name, color=color, state=state)
    after = completed(tag, declaration)
    assert differing(tag, declaration) == differing(tag, after) == changed_fields(tag.tag, after)


@given(names, names, colors, colors, st.sampled_from(Status), st.sampled_from(Status))
def test_one_comparison_for_all_names_is_the_comparison_of_each(
    old: str, new: str, had: str | None, has: str | None, was: Status, status: Status
) -> None:
    before, after = Tag(old, had, was), Tag(new, has, status)
    pairs = {"name": old != new, "color": has not in (None, had), "status": was is not status}
    fields = tuple(one for one in pairs if pairs[one])
    assert differing(before, after) == changed_fields(before, after) == fields


@given(st.text(st.sampled_from("a\n\r\u2028é"), max_size=30))
def test_lines_are_counted_alike_with_and_without_carriage_returns(content: str) -> None:
    starts = [0, *(found.end() for found in _LINE_END.finditer(content))]
    text = Text("f.yaml", content)
    for index in range(len(content) + 1):
        line = sum(start <= index for start in starts)
        source = text.source(span(index, index))
        assert (source.line, source.column) == (line, index - starts[line - 1] + 1)
