"""A plan as a person reads it, character by character."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from reconciler.model.change import UNKNOWN, Cause, Change, Count, Loss, Precision, Reason
from reconciler.model.plan import AccountUse, Base, Plan, UnmanagedTag
from reconciler.model.tag import Status, Tag
from reconciler.render import layout, text
from reconciler.render.style import Colors, Style
from tests.builders import ACME, create, delete, live_tag, place, plan, update

DENTAL = place("Dental North")
RENAME = update(
    Tag("Oppty", "gray1"),
    Tag("Opportunity", "blue1"),
    place=DENTAL,
    reason=Reason.RENAMED_FROM,
)
NOTE = "Campaign ended in 2025; marketing agreed."


def small_plan(*changes: Change) -> Plan:
    """The plan of the design, or one with other changes and the same numbers."""
    return plan(
        *(changes or (create(), RENAME, delete(place=DENTAL, note=NOTE))),
        accounts=(AccountUse(account=ACME, plan_requests=4, apply_requests=3),),
        unchanged=212,
        unmanaged=37,
    )


def body(shown: str) -> str:
    """Everything above the totals."""
    return shown.partition("\n\nPlan:")[0]


MORE_READS = "plus reads for changes that wait longer than 2s and to measure the first rename"


def test_the_plan_of_the_design() -> None:
    the_plan = small_plan()
    assert text.plan(the_plan) == dedent(
        f"""\
        acme · account
          + create  Schedule requested   orange3

        acme · Dental North
          ~ update  Opportunity          name Oppty -> Opportunity, color gray1 -> blue1

        Deletes:

        acme · Dental North
          - delete  Old campaign         Campaign ended in 2025; marketing agreed.

        Plan: 1 to create, 1 to update, 1 to delete; 212 unchanged, 37 unmanaged kept.
        Deletes: Old campaign in acme · Dental North.
        Requests: 4 used to plan, 3 to apply, {MORE_READS}.
        Digest: {the_plan.digest}
        """
    )


def test_what_is_undone_is_reported_once_for_all_places() -> None:
    gone = [create("Gone", place=place(name)) for name in ("North", "South", "West")]
    base = Base(ref="main", undone=(*gone, create("Gone", "red1")), unread=("old",))
    shown = text.plan(plan(create(cause=Cause.THIS_CHANGE), base=base))
    assert shown.partition("Requests:")[0].endswith(
        "Causes: 1 from this change; base: main.\n"
        "No longer planned, since this change:\n"
        "  acme · North and 2 more: create Gone (orange3)\n"
        "  acme · account: create Gone (red1)\n"
        "  old: not declared any more, and not read\n"
    )


def test_no_changes() -> None:
    nothing = plan(unchanged=1234, unmanaged=1)
    assert text.plan(nothing) == dedent(
        f"""\
        No changes. Live state matches the configuration.

        Plan: 0 to create, 0 to update, 0 to delete; 1,234 unchanged, 1 unmanaged kept.
        Requests: 0 used to plan, 0 to apply.
        Digest: {nothing.digest}
        """
    )


def test_a_delete_reports_first_what_loses_the_tag() -> None:
    shown = text.plan(small_plan(delete(note=NOTE, loss=Loss(calls=Count(1234)))))
    assert "- delete  Old campaign   1,234 calls lose the tag; Campaign ended" in shown
    assert "Lost: 1,234 calls lose a tag, for good.\n" in shown


def test_an_unsure_count_is_never_reported_as_sure() -> None:
    changes = (
        delete("A", tag_id=1, loss=Loss(calls=Count(500, Precision.AT_LEAST))),
        delete("B", tag_id=2, loss=Loss(calls=UNKNOWN)),
        delete("C", tag_id=3, loss=Loss(calls=Count(0))),
    )
    shown = text.plan(small_plan(*changes))
    assert "at least 500 calls lose the tag" in shown
    assert "an unknown number of calls lose the tag" in shown
    assert "C   no interaction has it" in shown
    assert "Lost: at least 500 calls lose a tag, for good." in shown


def test_each_reason_has_a_line_and_is_reported_once_where_many_share_it() -> None:
    held = [delete(name, tag_id=at, blocked_by=f"no {name}\nall") for at, name in enumerate("ABC")]
    shown = text.plan(small_plan(*held))
    assert "      blocked [1]\n      blocked: no A\n" in shown
    assert shown.count("all\n") == 1


def test_what_is_to_be_copied_is_not_broken() -> None:
    assert layout.wrap("write `limits: {deletes: 6}` below acme", 26) == [
        "write",
        "`limits: {deletes: 6}`",
        "below acme",
    ]
    assert layout.wrap("one ` alone and a `much too long quote` here", 12) == [
        "one ` alone",
        "and a `much",
        "too long",
        "quote` here",
    ]


def test_a_blocked_change_gives_the_reason_beneath() -> None:
    shown = text.plan(small_plan(delete(blocked_by='"Lead *" is protected in acme')))
    assert '  - delete  Old campaign\n      blocked: "Lead *" is protected in acme\n' in shown
    assert "Blocked: 1 change" in shown


def test_disabling_gives_the_reason() -> None:
    off = update(Tag("Foo", "red1"), Tag("Foo", "red1", Status.DISABLED), reason=Reason.UNMANAGED)
    shown = text.plan(small_plan(off))
    assert "Foo   status enabled -> disabled; live, but not declared" in shown


def test_a_disabled_create_without_colour() -> None:
    shown = text.plan(small_plan(create("Foo", None, status=Status.DISABLED)))
    assert "+ create  Foo   disabled\n" in shown


def test_wide_characters_stay_in_columns() -> None:
    shown = body(text.plan(small_plan(create("日本", "red1"), create("abcde", "red1"))))
    assert shown.splitlines()[1:] == [
        "  + create  日本    red1",
        "  + create  abcde   red1",
    ]


def test_details_hang_beneath_each_other_on_a_narrow_terminal() -> None:
    shown = body(text.plan(small_plan(delete(note=NOTE)), width=52))
    assert shown.splitlines()[1:] == [
        "  - delete  Old campaign   Campaign ended in 2025;",
        "                           marketing agreed.",
    ]


def test_details_get_lines_of_their_own_on_a_very_narrow_one() -> None:
    shown = body(text.plan(small_plan(delete(note=NOTE)), width=30))
    assert max(map(len, shown.splitlines())) <= 30
    assert shown.splitlines()[1:3] == ["  - delete  Old campaign", "      Campaign ended in 2025;"]


def test_the_line_of_requests_stays_within_a_terminal() -> None:
    shown = text.plan(small_plan(), width=60)
    assert "\n  changes that wait longer than 2s and to measure the first\n  rename.\nD" in shown


def test_colours_wrap_words_and_change_none() -> None:
    the_plan = small_plan()
    for colors in Colors:
        assert strip(text.plan(the_plan, style=Style(colors))) == text.plan(the_plan)


def test_a_colour_is_shown_as_on_callrails_screen_text_on_background() -> None:
    shown = text.plan(small_plan(create("Foo", "orange3")), style=Style(Colors.TRUE))
    assert "\x1b[38;2;125;73;0;48;2;255;223;178m\xa0orange3\xa0\x1b[0m" in shown


def test_white_text_stays_white_where_there_are_16_colours() -> None:
    shown = text.plan(small_plan(create("Foo", "green4")), style=Style(Colors.BASIC))
    assert "\x1b[97;42m\xa0green4\xa0\x1b[0m" in shown


def test_no_line_ends_inside_a_chip() -> None:
    the_plan = small_plan(RENAME)
    for width in range(40, 60):
        shown = text.plan(the_plan, style=Style(Colors.TRUE), width=width)
        assert not re.search(r"\xa0\n|\n\s*\xa0", shown)


def test_a_colour_nobody_knows_has_no_chip() -> None:
    shown = text.plan(small_plan(create("Foo", "mauve")), style=Style(Colors.TRUE))
    assert "\xa0" not in shown


def test_deletes_are_bold_red_as_a_whole() -> None:
    shown = text.plan(small_plan(delete(note="Over.")), style=Style(Colors.BASIC))
    assert "  \x1b[1;31m- delete  Old campaign   Over.\x1b[0m\n" in shown


def many(*extra: Change) -> Plan:
    """The same create in 60 companies, and more."""
    same = [create("Implant", "blue1", place=place(f"Clinic {at:02}")) for at in range(60)]
    return small_plan(*same, *extra)


def test_identical_places_of_a_large_plan_are_reported_once_and_all_named() -> None:
    shown = text.plan(many())
    assert "acme · Clinic 00 and 59 more companies\n    also in: Clinic 01, Clinic 02," in shown
    assert shown.count("+ create") == 1
    assert all(f"Clinic {at:02}" in shown for at in range(60))
    assert "Plan: 60 to create" in shown


def test_a_place_that_differs_stands_alone() -> None:
    shown = text.plan(many(create("Braces", "red1", place=place("Clinic 07"))))
    assert "\nacme · Clinic 07\n" in shown
    assert "and 58 more companies" in shown


def test_deletes_and_blocked_changes_are_never_folded() -> None:
    gone = [delete(tag_id=at, place=place(f"Clinic {at:02}")) for at in range(1, 60)]
    held = [create(place=place(f"Clinic {at:02}"), blocked_by="no") for at in range(60)]
    assert text.plan(small_plan(*gone)).count("- delete") == 59
    assert text.plan(small_plan(*held)).count("+ create") == 60


def test_unmanaged_tags_are_listed_by_place_where_asked_for() -> None:
    found = (
        UnmanagedTag(place=place(), tag=live_tag(1, "Foo")),
        UnmanagedTag(place=DENTAL, tag=live_tag(2, "Bar x", status=Status.DISABLED)),
    )
    assert body(text.plan(plan(create("Baz"), unmanaged_tags=found))) == dedent(
        """\
        acme · account
          + create  Baz   orange3

        Unmanaged, kept as they are: 2 tags

        acme · account
          . kept    Foo     gray1

        acme · Dental North
          . kept    Bar x   gray1, disabled"""
    )


def strip(shown: str) -> str:
    """Without SGR sequences and the chips in them."""
    return re.sub(r"\x1b\[[0-9;]*m|\xa0", "", shown)


def test_forms_texts_and_flows_are_reported_beside_calls() -> None:
    lost = Loss(calls=Count(41), forms=Count(2), texts=Count(1), flows=Count(2))
    shown = text.plan(small_plan(delete(loss=lost)))
    assert "41 calls, 2 forms and 1 text lose the tag; 2 flows apply it" in shown
    assert "Lost: 41 calls, 2 forms and 1 text lose a tag, for good.\n" in shown


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (Loss(calls=Count(1)), "1 call loses the tag"),
        (Loss(forms=Count(2)), "2 forms lose the tag"),
        (Loss(calls=Count(5, Precision.AT_MOST)), "at most 5 calls lose the tag"),
        (
            Loss(calls=Count(5), texts=UNKNOWN),
            "5 calls and an unknown number of texts lose the tag",
        ),
        (
            Loss(calls=Count(35, Precision.AT_MOST), forms=Count(5, Precision.AT_MOST)),
            "at most 35 calls and 5 forms lose the tag",
        ),
        (
            Loss(calls=Count(35), forms=Count(5, Precision.AT_MOST)),
            "35 calls and at most 5 forms lose the tag",
        ),
        (Loss(calls=UNKNOWN, texts=UNKNOWN), "an unknown number of calls and texts lose the tag"),
        (Loss(flows=Count(1)), "no interaction has it; 1 flow applies it"),
        (Loss(flows=UNKNOWN), "no interaction has it; an unknown number of flows apply it"),
    ],
)
def test_what_is_lost_is_one_sentence(loss: Loss, message: str) -> None:
    assert f"- delete  Old campaign   {message}\n" in text.plan(small_plan(delete(loss=loss)))


def test_a_rename_loses_nothing_and_reports_what_has_the_tag() -> None:
    change = update(
        Tag("Oppty", "gray1"), Tag("Opportunity", "gray1"),
        loss=Loss(calls=Count(17), flows=UNKNOWN),
    )  # fmt: skip
    shown = text.plan(small_plan(change))
    assert "name Oppty -> Opportunity, 17 calls have it\n" in shown
    assert "lose" not in shown
    assert "Not counted" not in shown


def test_what_can_t_be_read_is_reported_once() -> None:
    lost = [delete(name, tag_id=at, loss=Loss(calls=Count(at))) for at, name in enumerate("ABC", 1)]
    shown = text.plan(small_plan(*lost))
    assert shown.count("Not counted: calls marked as spam, records older than 25 months") == 1
