"""Each quick way that was taken for speed leads where the slow one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail import wire
from reconciler.config.text import _LINE_END, Text
from reconciler.config.values import span
from reconciler.errors import ProtocolError
from reconciler.model.state import State
from reconciler.model.tag import Status, Tag, completed, differing
from reconciler.planning.differ import changed_fields
from tests.builders import live_tag
from tests.expectations import declare

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model.tag import LiveTag

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


rows = st.fixed_dictionaries(
    {
        "id": st.sampled_from((1, "1", 0, True, 2**63, None)),
        "tag_level": st.sampled_from(("account", "company", "team", [])),
        "status": st.sampled_from(("enabled", "disabled", "odd", None, [])),
        "name": st.sampled_from(("Lead", "", None)),
    },
    optional={
        "company_id": st.sampled_from(("COM1", None, "", 1)),
        "color": st.sampled_from(("gray1", None, 1)),
    },
)


@given(rows)
def test_a_row_that_is_read_at_a_glance_is_read_alike_step_by_step(row: dict[str, object]) -> None:
    def read(parse: Callable[[object], LiveTag]) -> LiveTag | str:
        try:
            return parse(row)
        except ProtocolError as error:
            return error.message

    assert read(wire.live_tag) == read(wire.checked_tag)
