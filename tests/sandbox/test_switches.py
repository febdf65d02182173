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
from tests.sandbox.client import CALL, COMPANY, Client

if TYPE_CHECKING:
    from collections.abc import Callable

X = {"name": "X", "tag_level": "account"}
OPPORTUNITY = "tags/7886728.json"


@pytest.mark.parametrize(
    ("setting", "same", "other_case"),
    [("off", 201, 201), ("exact", 422, 201), ("nocase", 422, 422)],
)
def test_unique_names(
    under: Callable[..., Client], setting: str, same: int, other_case: int
) -> None:
    client = under(f"unique_names={setting}")
    name = "Schedule requested"
    assert client.of("POST", "tags.json", X | {"name": name.upper()}).status == other_case
    assert client.of("POST", "tags.json", X | {"name": name}).status == same
    assert client.of("PUT", "tags/7886733.json", {"name": name}).status in {200, same}
    company = {"tag_level": "company", "company_id": COMPANY}
    assert client.of("POST", "tags.json", X | company | {"name": name}).status == 201, "other place"


def test_a_tag_may_keep_its_own_unique_name(under: Callable[..., Client]) -> None:
    client = under("unique_names=nocase")
    assert client.of("PUT", OPPORTUNITY, {"name": "OPPORTUNITY"}).status == 200
    client.tag("Y", COMPANY)
    assert client.of("PUT", OPPORTUNITY, {"name": "y"}).status == 422


@pytest.mark.parametrize(("setting", "found"), [("honoured", 0), ("ignored", 1)])
def test_tags_filter(under: Callable[..., Client], setting: str, found: int) -> None:
    client = under(f"tags_filter={setting}")
    assert client.get("calls.json", tags="Opportunity")["total_records"] == found


@pytest.mark.parametrize(("setting", "rows"), [("clamp", 1), ("error", None)])
def test_page_cap_and_over_cap(
    under: Callable[..., Client], setting: str, rows: int | None
) -> None:
    client = under("page_cap=1", f"over_cap={setting}")
    reply = client.of("GET", "tags.json", per_page=100)
    assert reply.status == (400 if rows is None else 200)
    if rows is not None:
        assert (reply.json["per_page"], len(reply.json["tags"])) == (1, 1)


@pytest.mark.parametrize(
    ("setting", "companies", "tags"),
    [("some", True, False), ("always", True, True), ("never", False, False)],
)
def test_total_pages(
    under: Callable[..., Client], setting: str, *, companies: bool, tags: bool
) -> None:
    client = under(f"total_pages={setting}")
    assert ("total_pages" in client.get("companies.json")) is companies
    assert ("total_pages" in client.get("tags.json")) is tags


def test_error_shape(under: Callable[..., Client]) -> None:
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
def test_call_tags(under: Callable[..., Client], setting: str) -> None:
    client = under(f"call_tags={setting}")
    (tag,) = client.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Opportunity"]}).json["tags"]
    assert (tag if setting == "names" else tag["name"]) == "Opportunity"


@pytest.mark.parametrize(("setting", "tags"), [("on", ["Ad hoc"]), ("off", [])])
def test_auto_create_tags(under: Callable[..., Client], setting: str, tags: list[str]) -> None:
    client = under(f"auto_create_tags={setting}")
    reply = client.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Ad hoc"]})
    assert reply.json["tags"] == tags
    assert client.names(company_id=COMPANY) == ["Opportunity", *tags]


@pytest.mark.parametrize(("setting", "status"), [("on", 200), ("off", 404)])
def test_single_tag(under: Callable[..., Client], setting: str, status: int) -> None:
    assert under(f"single_tag={setting}").of("GET", OPPORTUNITY).status == status


def test_a_switch_can_be_thrown_while_it_runs(direct: Client) -> None:
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
