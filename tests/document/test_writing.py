"""A document's text means the same to JSON and nothing to a terminal or a CI runner."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given

from reconciler.document import dump, plan_document, plan_pieces
from tests.builders import create, plan
from tests.document.strategies import plans, texts

if TYPE_CHECKING:
    from reconciler.model.plan import Plan


@given(texts)
def test_any_text_comes_back_and_can_be_encoded(text: str) -> None:
    written = dump({text: text})
    written.encode()
    assert json.loads(written) == {text: text}


def test_letters_stay_readable() -> None:
    assert dump({"name": "Müller 日本 🦷"}) == '{\n  "name": "Müller 日本 🦷"\n}\n'


def test_what_acts_on_a_reader_is_escaped() -> None:
    hostile = "\x1b[31m \x9b \u202e \u200b \ud800 \U000e0041 ::error:: ##[group] ##vso[x]"
    written = dump({"name": hostile})
    assert written.isascii()
    assert "::" not in written
    assert "##" not in written
    assert json.loads(written)["name"] == hostile


@given(plans())
def test_a_plan_in_parts_is_the_same_text(any_plan: Plan) -> None:
    assert "".join(plan_pieces(any_plan)) == dump(plan_document(any_plan))


def test_no_part_of_a_plan_grows_with_it() -> None:
    large = plan(*(create(f"Tag {number}") for number in range(500)))
    parts = list(plan_pieces(large))
    assert len(parts) > 500
    assert max(map(len, parts)) < 2_000
