"""What CallRail leaves open: every switch under every setting."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox.switches import Switches, described, set_switch
from tests.sandbox.talk import CALL, COMPANY, Talk

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., Talk]

X = {"name": "X", "tag_level": "account"}
OPPORTUNITY = "tags/7886728.json"


@pytest.fixture
def under(start: Start) -> Callable[[str], Talk]:
    """A sandbox with the switches of a text such as ``palette=any``."""

    def begin(*texts: str) -> Talk:
        switches = Switches()
        for text in texts:
            switches = set_switch(switches, text)
        return start(switches=switches)

    return begin


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


@pytest.mark.parametrize(
    ("setting", "taken"),
    [
        ("any", {"blue2", "purple1", "#bada55"}),
        ("documented", {"blue2"}),
        ("narrow", {"purple1"}),
    ],
)
def test_palette(under: Callable[..., Talk], setting: str, taken: set[str]) -> None:
    talk = under(f"palette={setting}")
    for color in ("blue2", "purple1", "#bada55"):
        expected = 200 if color in taken else 400
        assert talk.of("PUT", OPPORTUNITY, {"color": color}).status == expected


@pytest.mark.parametrize(
    ("setting", "listed"),
    [
        ("own", ["Opportunity"]),
        ("with-account", ["Opportunity", "Schedule requested"]),
        ("ignored", ["Opportunity", "Schedule requested", "Other"]),
    ],
)
@pytest.mark.parametrize("delay", ["0", "1"])
def test_company_filter(
    under: Callable[..., Talk], setting: str, listed: list[str], delay: str
) -> None:
    talk = under(f"company_filter={setting}", f"read_delay={delay}")
    store = talk.sandbox.store
    store.run("INSERT INTO companies (id, account_id) SELECT 'COM2', id FROM accounts")
    talk.tag("Other", "COM2")
    if delay == "1":
        listed = [name for name in listed if name != "Other"]
    assert talk.names(company_id=COMPANY) == listed


@pytest.mark.parametrize(("setting", "found"), [("honoured", 0), ("ignored", 1)])
def test_tags_filter(under: Callable[..., Talk], setting: str, found: int) -> None:
    talk = under(f"tags_filter={setting}")
    assert talk.get("calls.json", tags="Opportunity")["total_records"] == found


@pytest.mark.parametrize("setting", ["404", "204"])
def test_second_delete(under: Callable[..., Talk], setting: str) -> None:
    talk = under(f"second_delete={setting}")
    statuses = [talk.of("DELETE", OPPORTUNITY).status for _ in range(2)]
    assert statuses == [204, int(setting)]
    assert talk.of("DELETE", "tags/x.json").status == 404
    assert len(talk.sandbox.log.writes) == 1


@pytest.mark.parametrize("setting", [0, 2])
def test_read_delay(under: Callable[..., Talk], setting: int) -> None:
    talk = under(f"read_delay={setting}")
    talk.tag("X")
    shown = ["X" in talk.names() for _ in range(3)]
    assert shown == [number >= setting for number in range(3)]


@pytest.mark.parametrize(("setting", "rows"), [("clamp", 1), ("error", None)])
def test_page_cap_and_over_cap(under: Callable[..., Talk], setting: str, rows: int | None) -> None:
    talk = under("page_cap=1", f"over_cap={setting}")
    reply = talk.of("GET", "tags.json", per_page=100)
    assert reply.status == (400 if rows is None else 200)
    if rows is not None:
        assert (reply.json["per_page"], len(reply.json["tags"])) == (1, 1)


@pytest.mark.parametrize(
    ("setting", "companies", "tags"),
    [("documented", True, False), ("always", True, True), ("never", False, False)],
)
def test_total_pages(
    under: Callable[..., Talk], setting: str, *, companies: bool, tags: bool
) -> None:
    talk = under(f"total_pages={setting}")
    assert ("total_pages" in talk.get("companies.json")) is companies
    assert ("total_pages" in talk.get("tags.json")) is tags


def test_error_shape(under: Callable[..., Talk]) -> None:
    bodies = [under(f"error_shape={shape}").of("GET", "tagz.json") for shape in ("error", "errors")]
    assert [reply.json for reply in bodies] == [{"error": "not found"}, {"errors": ["not found"]}]
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


@pytest.mark.parametrize("setting", ["201", "200"])
def test_created_status(under: Callable[..., Talk], setting: str) -> None:
    talk = under(f"created_status={setting}")
    assert talk.of("POST", "tags.json", X).status == int(setting)


@pytest.mark.parametrize(("setting", "status"), [("tag", 200), ("empty", 204)])
def test_update_body(under: Callable[..., Talk], setting: str, status: int) -> None:
    talk = under(f"update_body={setting}")
    reply = talk.of("PUT", OPPORTUNITY, {"color": "red1"})
    assert (reply.status, reply.raw == b"") == (status, setting == "empty")
    assert talk.get("tags.json", company_id=COMPANY)["tags"][0]["color"] == "red1"


def test_a_switch_can_be_thrown_while_it_runs(direct: Talk) -> None:
    direct.sandbox.app.switches = Switches(page_cap=1)
    assert len(direct.get("tags.json")["tags"]) == 1
    assert direct.get("calls.json")["per_page"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense=1", "no switch 'nonsense'; there are unique_names"),
        ("palette=pink", "palette takes any or documented or narrow"),
        ("palette", "palette takes any"),
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
    assert any("second_delete=404|204" in line and "(default 404)" in line for line in lines)
