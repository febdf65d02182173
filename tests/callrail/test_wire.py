from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail.decode import strict_json
from reconciler.callrail.exchange import path
from reconciler.callrail.paging import parse_page
from reconciler.callrail.wire import changed_tag, company, live_tag, made_tag, update_body
from reconciler.errors import ProtocolError
from reconciler.model.tag import Company, LiveTag, Status, Tag
from reconciler.text.strict_json import NotJSONError
from tests.callrail.clients import DENTAL, live
from tests.callrail.stand_in import tag_row

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = ["id", "name", "tag_level", "color", "company_id", "status"]


def test_the_reference_pages_tags_are_read() -> None:
    row = tag_row(7886728, "Opportunity", company="COM019c46b8a26376a9a4f29671dcdd49e9")
    assert live_tag(row) == LiveTag(
        7886728, "Opportunity", "gray1", Status.ENABLED, "COM019c46b8a26376a9a4f29671dcdd49e9"
    )


def test_a_color_may_be_absent_and_strangers_are_ignored() -> None:
    row = {**tag_row(1, "a"), "created_at": 5, "color": None}
    assert live_tag(row).color is None
    del row["color"]
    assert live_tag(row).color is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "01"),
        ("id", "1 "),
        ("id", "+1"),
        ("id", "1.0"),
        ("id", "0"),
        ("id", "\u0661"),
        ("id", "9" * 19),
        ("id", True),
        ("id", 1.0),
        ("id", 0),
        ("id", -1),
        ("id", 2**70),
        ("id", None),
        ("name", None),
        ("name", 5),
        ("tag_level", "company"),
        ("tag_level", "Account"),
        ("tag_level", None),
        ("company_id", "COM1"),
        ("company_id", 5),
        ("color", 5),
        ("color", []),
        ("status", "ENABLED"),
        ("status", True),
        ("status", None),
    ],
)
def test_no_type_is_coerced(field: str, value: object) -> None:
    with pytest.raises(ProtocolError):
        live_tag({**tag_row(1, "a"), field: value})


def test_digits_in_text_are_an_id() -> None:
    assert live_tag({**tag_row(1, "a"), "id": "1234569"}).id == 1234569
    assert made_tag({"id": "7200112", "name": "a"}, DENTAL, Tag("a")).id == 7200112
    assert changed_tag({"id": "7"}, live(7, "a"), Tag("b")).id == 7


@pytest.mark.parametrize("company_id", ["", "../x", "a/b", "a?b", "COM 1", "é", "x" * 500])
def test_an_id_that_is_a_path_is_refused(company_id: str) -> None:
    with pytest.raises(ProtocolError):
        live_tag(tag_row(1, "a", company=company_id))
    with pytest.raises(ProtocolError):
        company({"id": company_id, "name": "a", "status": "active"})
    with pytest.raises(ProtocolError):
        path("v3", "a", company_id, "tags.json")


@pytest.mark.parametrize(
    ("status", "active"), [("active", True), ("disabled", False), ("x", False)]
)
def test_only_active_companies_are_active(status: str, *, active: bool) -> None:
    row = {"id": "COM1", "name": "Dental", "status": status}
    assert company(row) == Company("COM1", "Dental", active)


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), st.sampled_from([tag_row(1, "a"), {}]))
def test_any_row_gives_a_tag_or_our_error(
    changes: dict[str, object], basis: dict[str, object]
) -> None:
    with suppress(ProtocolError):
        tag = live_tag({**basis, **changes})
        assert (type(tag.id), type(tag.name)) == (int, str)


@given(ANYTHING | st.fixed_dictionaries({"tags": ANYTHING, "page": ANYTHING}))
def test_any_payload_gives_a_page_or_our_error(payload: object) -> None:
    with suppress(ProtocolError):
        assert parse_page(payload, rows="tags", parse=live_tag).rows is not None


@given(st.binary(max_size=60))
def test_any_bytes_give_json_or_our_error(body: bytes) -> None:
    with suppress(NotJSONError):
        strict_json(body)


@pytest.mark.parametrize(
    ("after", "body"),
    [
        (Tag("a", None), {}),
        (Tag("a", "gray1"), {}),
        (Tag("b", "gray1"), {"name": "b"}),
        (Tag("a", "red1"), {"color": "red1"}),
        (Tag("a", None, Status.DISABLED), {"disabled": True}),
    ],
)
def test_an_update_holds_only_what_differs(after: Tag, body: dict[str, object]) -> None:
    assert update_body(live(1, "a"), after) == body


def test_a_create_answer_may_leave_out_what_was_asked_for() -> None:
    short = {"id": 5, "name": "a"}
    tag = LiveTag(5, "a", "blue1", Status.ENABLED, "COM1")
    assert made_tag(short, DENTAL, Tag("a", "blue1")) == tag
    assert made_tag({**short, "color": "red1"}, DENTAL, Tag("a", "blue1")).color == "red1"


@pytest.mark.parametrize(
    "payload", [{"id": 5}, {"name": "a"}, [], {"id": 5, "name": "a", "status": None}]
)
def test_a_create_answer_must_name_which_tag_it_is_about(payload: object) -> None:
    with pytest.raises(ProtocolError):
        made_tag(payload, DENTAL, Tag("a"))


def test_an_update_answer_may_be_its_id_alone() -> None:
    assert changed_tag({"id": 1}, live(1, "a"), Tag("b", None)) == live(1, "b")
    with pytest.raises(ProtocolError):
        changed_tag({"name": "b"}, live(1, "a"), Tag("b", None))


def test_enabling_again_sends_disabled_false() -> None:
    assert update_body(live(1, "a", status=Status.DISABLED), Tag("a")) == {"disabled": False}
