"""What CallRail leaves open: every switch under every setting."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox.switches import (
    Switches,
    described,
    set_switch,
    set_switches,
    variants,
)
from tests.sandbox.talk import CALL, COMPANY, Talk

if TYPE_CHECKING:
    from collections.abc import Callable

X = {"name": "X", "tag_level": "account"}
OPPORTUNITY = "tags/7886728.json"


@pytest.mark.parametrize(
    ("setting", "same", "other_case"),
    [("off", 201, 201), ("exact", 422, 201), ("nocase", 422, 422)],
)
def test_unique_names(under: Callable[..., Talk], setting: str, same: int, other_case: int) -> None:
    talk = under(f"unique_names={setting}")
    name = "Schedule requested"
    assert talk.of("POST", "tags.json", X | {"name": name.upper()}).status == other_case
    assert talk.of("POST", "tags.json", X | {"name": name}).status == same
    assert talk.of("PUT", "tags/7886733.json", {"name": name}).status in {200, same}
    company = {"tag_level": "company", "company_id": COMPANY}
    assert talk.of("POST", "tags.json", X | company | {"name": name}).status == 201, "other place"


def test_a_tag_may_keep_its_own_unique_name(under: Callable[..., Talk]) -> None:
    talk = under("unique_names=nocase")
    assert talk.of("PUT", OPPORTUNITY, {"name": "OPPORTUNITY"}).status == 200
    talk.tag("Y", COMPANY)
    assert talk.of("PUT", OPPORTUNITY, {"name": "y"}).status == 422


@pytest.mark.parametrize(("setting", "found"), [("honoured", 0), ("ignored", 1)])
def test_tags_filter(under: Callable[..., Talk], setting: str, found: int) -> None:
    talk = under(f"tags_filter={setting}")
    assert talk.get("calls.json", tags="Opportunity")["total_records"] == found


@pytest.mark.parametrize(("setting", "rows"), [("clamp", 1), ("error", None)])
def test_page_cap_and_over_cap(under: Callable[..., Talk], setting: str, rows: int | None) -> None:
    talk = under("page_cap=1", f"over_cap={setting}")
    reply = talk.of("GET", "tags.json", per_page=100)
    assert reply.status == (400 if rows is None else 200)
    if rows is not None:
        assert (reply.json["per_page"], len(reply.json["tags"])) == (1, 1)


@pytest.mark.parametrize(
    ("setting", "companies", "tags"),
    [("some", True, False), ("always", True, True), ("never", False, False)],
)
def test_total_pages(
    under: Callable[..., Talk], setting: str, *, companies: bool, tags: bool
) -> None:
    talk = under(f"total_pages={setting}")
    assert ("total_pages" in talk.get("companies.json")) is companies
    assert ("total_pages" in talk.get("tags.json")) is tags


def test_error_shape(under: Callable[..., Talk]) -> None:
    shapes = ("error", "errors", "errors-map")
    bodies = [under(f"error_shape={shape}").of("GET", "tagz.json").json for shape in shapes]
    assert bodies == [
        {"error": "not found"},
        {"errors": ["not found"]},
        {"errors": {"base": ["not found"]}},
    ]
    page = under("error_shape=html").of("GET", "tagz.json")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html")


@pytest.mark.parametrize("setting", ["names", "objects"])
def test_call_tags(under: Callable[..., Talk], setting: str) -> None:
    talk = under(f"call_tags={setting}")
    (tag,) = talk.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Opportunity"]}).json["tags"]
    assert (tag if setting == "names" else tag["name"]) == "Opportunity"


@pytest.mark.parametrize(("setting", "tags"), [("on", ["Ad hoc"]), ("off", [])])
def test_auto_create_tags(under: Callable[..., Talk], setting: str, tags: list[str]) -> None:
    talk = under(f"auto_create_tags={setting}")
    reply = talk.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Ad hoc"]})
    assert reply.json["tags"] == tags
    assert talk.names(company_id=COMPANY) == ["Opportunity", *tags]


@pytest.mark.parametrize(("setting", "status"), [("on", 200), ("off", 404)])
def test_single_tag(under: Callable[..., Talk], setting: str, status: int) -> None:
    assert under(f"single_tag={setting}").of("GET", OPPORTUNITY).status == status


def test_a_switch_can_be_thrown_while_it_runs(direct: Talk) -> None:
    direct.sandbox.app.switches = Switches(page_cap=1)
    assert len(direct.get("tags.json")["tags"]) == 1
    assert direct.get("calls.json")["per_page"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense=1", "no switch 'nonsense'; there are write_ids"),
        ("palette=pink", "palette takes reference or any or page or narrow"),
        ("palette", "palette takes reference"),
        ("read_delay=soon", "read_delay takes a number"),
        ("page_cap=0", "page_cap takes a number from 1"),
    ],
)
def test_a_switch_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        set_switch(Switches(), text)


def test_the_help_names_every_switch_and_what_it_takes() -> None:
    lines = described().splitlines()
    assert len(lines) == len(fields(Switches))
    assert any("second_delete=404|204|403" in line and "(default 404)" in line for line in lines)


def test_every_variant_can_be_set_and_is_no_default() -> None:
    settings = variants()
    assert len(set(settings)) == len(settings)
    assert all(set_switches(text) != Switches() for text in settings)
    varied = {text.partition("=")[0] for text in settings}
    # These two name a tag, and the last says what becomes of an oddity that is off.
    assert {one.name for one in fields(Switches)} - varied == {"locked_tag", "odd_tag_id"}
