"""What is not a document is named for what it is, within bounds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.document import (
    dump,
    error_document,
    load_plan,
    load_snapshot,
    plan_document,
    reading,
    snapshot_document,
)
from reconciler.errors import DocumentError, RefusedError, UsageError
from tests.builders import create, plan

if TYPE_CHECKING:
    from collections.abc import Callable

SAVED = dump(plan_document(plan(create())))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("hello", "not JSON"),
        ("[1]", "not an object"),
        ("{}", "not a saved plan of reconciler"),
        ('{"plan": 1}', "not a saved plan of reconciler"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": NaN}', "NaN is not a whole number"),
        ('{"a": 1.5}', "1.5 is not a whole number"),
        ('{"a": ' + "9" * 5000 + "}", "not a usable saved plan"),
        ("[" * 100_000, "nested too deeply|cut short|not JSON"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_plan_is_named(text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        load_plan(text)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_plan_is_reported_to_be_cut_short(part: float) -> None:
    cut = SAVED[: int(len(SAVED) * part)].rstrip("} \n")
    with pytest.raises(DocumentError, match="cut short"):
        load_plan(cut)


def test_other_documents_are_named() -> None:
    snapshot = dump(snapshot_document([], created_at="", tool_version=""))
    with pytest.raises(DocumentError, match="this is a snapshot"):
        load_plan(snapshot)
    with pytest.raises(DocumentError, match="this is a plan"):
        load_snapshot(SAVED)
    with pytest.raises(DocumentError, match="error message"):
        load_plan(dump(error_document(UsageError("no"))))


@pytest.mark.parametrize("bound", ["LARGEST", "MOST_VALUES", "MOST_CONTAINERS", "MOST_FIELDS"])
def test_size_is_bounded_and_the_bound_is_reported(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(reading, bound, 1)
    with pytest.raises(DocumentError, match=r"more than [0-9]+ are not read"):
        load_plan(SAVED)


HOSTILE = {
    "brackets": lambda: "[" * (60 << 20),
    "objects": lambda: '{"a":' * (12 << 20),
    "empty lists": lambda: '{"changes":[' + "[]," * (20 << 20) + "[]]}",
    "digits": lambda: '{"changes":' + "1" * (60 << 20) + "}",
    "a version": lambda: '{"changes":[],"format_version":"' + "x" * (60 << 20) + '"}',
    "blanks": lambda: " " * (60 << 20),
    "one key": lambda: '{"' + "x" * (30 << 20) + '":1,"' + "x" * (30 << 20) + '":1}',
    "keys": lambda: "{" + ",".join(f'"{at:012}":1' for at in range(3_000_000)) + "}",
    "keys, the last twice": lambda: (
        '{"changes":['
        + "{}," * 2_000
        + "{"
        + ",".join(f'"{at}":1' for at in range(60_000))
        + ',"59999":1}]}'
    ),
}


@pytest.mark.parametrize("hostile", list(HOSTILE))
@pytest.mark.parametrize("load", [load_plan, load_snapshot])
def test_sixty_megabytes_of_nonsense_end_soon_and_in_one_short_sentence(
    load: Callable[[str], object], hostile: str
) -> None:
    text = HOSTILE[hostile]()
    began = time.process_time()
    with pytest.raises(DocumentError) as caught:
        load(text)
    assert time.process_time() - began < 5
    assert len(caught.value.message) < 300


def test_a_byte_order_mark_is_no_harm() -> None:
    assert load_plan("\ufeff" + SAVED) == plan(create())


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises((DocumentError, RefusedError)):
        load_plan(text)
