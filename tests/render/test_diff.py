"""What changed between two readings, as people read it."""

from __future__ import annotations

import csv as reader
from typing import Any

from reconciler.model.change import Count, Loss, Precision
from reconciler.model.news import AccountNews, CompanyNews, Comparison, Reading, TagNews
from reconciler.model.outcome import AccountError
from reconciler.model.tag import AccountRef, Status
from reconciler.render import diff, markdown
from tests.builders import ACME, company, live_tag, place

ELM = company("Dental Elm", id="COM1")
OLD, NEW = Reading("nov.json", "2026-11-01T07:00:00Z"), Reading(None, "2026-12-01T07:00:00Z")


def some(calls: int, precision: Precision = Precision.EXACT) -> Loss:
    return Loss(calls=Count(calls, precision))


def news(before: Any, after: Any, had: Loss | None = None, has: Loss | None = None) -> TagNews:
    return TagNews(place=place("Dental Elm"), before=before, after=after, had=had, has=has)


def compared(*tags: TagNews, companies: tuple[CompanyNews, ...] = (), **rest: Any) -> Comparison:
    account = AccountNews(ACME, tags, companies, same=7)
    return Comparison(old=OLD, new=NEW, accounts=(account,), **rest)


VIP = live_tag(7886403, "VIP")
SHOWN = """\
From 2026-11-01 07:00 UTC (nov.json) to 2026-12-01 07:00 UTC (live): 5 tags and 1 company have \
changed; 9 tags are as before.

Deleted:
  4 in acme · Dental Elm: Old, gray1; 41 calls had it

Deleted, and created anew under the same name:
  5 -> 9 in acme · Dental Elm: Implant; 20 -> 0 calls

Moved to the trash:
  6 in acme · Dental Elm: Promo -> ~trash 2026-11-25 Promo

Renamed:
  7886403 in acme · Dental Elm: VIP -> Premium, color gray1 -> blue1, status enabled -> disabled; \
18 -> 25 calls

New:
  8 in acme · Dental Elm: Lead, gray1

Companies:
  COM1 in acme: Dental Elm -> Elm Grove, renamed, disabled

Fewer have the tag:
  2 in acme · Dental Elm: Spam; 9 -> 4 calls

More have the tag:
  1 in acme · Dental Elm: Opportunity; at most 1,200 -> 1,310 calls

Requests: 3 used.
"""


def test_each_tag_is_reported_once_by_the_weightiest_of_its_news() -> None:
    gone, anew = live_tag(4, "Old"), live_tag(5, "Implant")
    promo = live_tag(6, "Promo")
    closed = company("Elm Grove", id="COM1", active=False)
    at_most = Precision.AT_MOST
    comparison = compared(
        news(live_tag(1), live_tag(1), some(1_200, at_most), some(1_310, at_most)),
        news(live_tag(2, "Spam"), live_tag(2, "Spam"), some(9), some(4)),
        news(gone, None, some(41)),
        news(anew, anew._replace(id=9), some(20), some(0)),
        news(promo, promo._replace(name="~trash 2026-11-25 Promo", status=Status.DISABLED)),
        news(
            VIP,
            VIP._replace(name="Premium", color="blue1", status=Status.DISABLED),
            some(18),
            some(25),
        ),
        news(None, live_tag(8, "Lead")),
        companies=(CompanyNews(account=ACME, before=ELM, after=closed),),
        requests=3,
    )
    assert diff.text(comparison) == SHOWN
    assert comparison.differs


def test_counts_alone_are_no_difference() -> None:
    comparison = compared(news(VIP, VIP, some(18), some(25)))
    assert not comparison.differs
    assert "nothing has changed; 8 tags are as before." in diff.text(comparison)


def test_of_many_that_are_only_used_more_some_are_listed() -> None:
    tags = [live_tag(at, f"Tag {at}") for at in range(1, 31)]
    used = [news(tag, tag, some(1), some(1 + tag.id)) for tag in tags]
    lines = diff.text(compared(*used)).splitlines()
    start = lines.index("More have the tag:")
    assert lines[start + 1].endswith("Tag 30; 1 -> 31 calls")
    assert lines[start + 21] == "  and 10 more: --format json, csv"


def test_what_can_not_be_compared_is_reported() -> None:
    other = AccountRef("beacon", "ACC2")
    error = AccountError(account="dorado", code="auth", message="403", hint="Ask.", requests=1)
    shown = diff.text(compared(only_old=(other,), only_new=(other,), unread=(error,)))
    assert "Accounts that could not be read:\n  dorado: 403. Ask.\n" in shown
    assert "Only in the older one, so nothing is known of them:\n  beacon (ACC2)\n" in shown
    assert "Only in the newer one, so nothing is known of them:\n  beacon (ACC2)\n" in shown
    nothing = Comparison(old=OLD, new=NEW, accounts=(), unread=(error,))
    assert "no account could be read." in diff.text(nothing)


def test_no_line_is_wider_than_the_terminal() -> None:
    comparison = compared(*(news(VIP, VIP._replace(name=f"Premium customer {at}")) for at in "ab"))
    assert max(map(len, diff.text(comparison, width=60).splitlines())) <= 60


def test_a_spreadsheet_gets_both_sides_in_columns() -> None:
    comparison = compared(
        news(VIP, VIP._replace(name="Premium"), some(18), some(25, Precision.AT_MOST)),
        companies=(CompanyNews(account=ACME, before=ELM, after=None),),
    )
    tag, gone = reader.DictReader(diff.csv(comparison).splitlines())
    assert (tag["news"], tag["tag_id"], tag["name_before"], tag["name_after"]) == (
        "renamed",
        "7886403",
        "VIP",
        "Premium",
    )
    assert (tag["calls_before"], tag["calls_after"]) == ("18", "at most 25")
    assert (gone["what"], gone["news"], gone["name_before"], gone["status_before"]) == (
        "company",
        "gone",
        "Dental Elm",
        "active",
    )


def test_a_comment_is_cut_where_it_would_not_fit() -> None:
    many = compared(*(news(live_tag(at, f"Tag {at}"), None) for at in range(1, 200)))
    whole, short = markdown.diff(many), markdown.diff(many, limit=6_000)
    assert "**Deleted**" in whole
    assert "This list is cut" not in whole
    assert len(short.encode()) < 6_000
    assert "**This list is cut**" in short
