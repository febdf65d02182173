"""What an audit says to people, and that its page is whole without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from reconciler.config import load_text
from reconciler.model.audit import Audit
from reconciler.model.change import Applied, Count, Loss
from reconciler.model.tag import Company, Status
from reconciler.model.trash import Day
from reconciler.model.usage import NameAt, Use, Uses
from reconciler.planning.audit import audit
from reconciler.render import audit as rendered
from reconciler.render import audit_page, audit_wording
from reconciler.text.cells import cells
from tests.builders import ACME, company, live_tag
from tests.expectations import live
from tests.render.hostile import assert_safe_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.tag import LiveTag

COMPANIES = tuple(company(f"Dental {letter}") for letter in "ABCDE")

IDS = count(1)
DAY = Day(2026, 11, 25)


def tags(name: str, *where: Company | None, **values: object) -> list[LiveTag]:
    return [live_tag(next(IDS), name, company_id=one and one.id, **values) for one in where]


def audited(*found: LiveTag) -> Audit:
    return Audit(accounts=(audit(live(*found, companies=COMPANIES)),))


MESSY = audited(
    *tags("Opportunity", *COMPANIES[:3], color="blue1"),
    *tags("Oppty", COMPANIES[3], color="red1", status=Status.DISABLED),
    *tags("Spam", None, COMPANIES[0], color="red1"),
    *tags("spam", COMPANIES[1], color="red1"),
    *tags("VIP", COMPANIES[4]),
    *tags("Quote sent", None),
)


def counted(*found: LiveTag, uses: Mapping[str, int], applied: Mapping[str, Applied]) -> Audit:
    """An audit whose names are shown by ``uses`` calls, its tags applied by the flows of them."""
    shown = {NameAt(name, None): Use(Loss(calls=Count(calls))) for name, calls in uses.items()}
    known = Uses(shown, since=DAY, until=DAY, uncounted={})
    flows = {tag.id: applied.get(tag.name, Applied(Count(0))) for tag in found}
    one = audit(live(*found, companies=COMPANIES), None, known, flows)
    return Audit(accounts=(one, one))


def test_flows_that_apply_a_tag_are_named_an_unused_one_s_too() -> None:
    audit_of_two = counted(
        *tags("Follow up", None, COMPANIES[0]),
        *tags("Spam", COMPANIES[1]),
        *tags("Old promo", None),
        uses={"Follow up": 3, "Spam": 2, "Old promo": 0},
        applied={
            "Follow up": Applied(Count(2), ("After hours", "Website")),
            "Old promo": Applied(Count(1), ("Main line",)),
        },
    )
    text = rendered.text(audit_of_two)
    assert "\n  2 flows apply it: After hours, Website\n" in text
    assert "\n  Old promo (1 flow applies it: Main line)\n" in text
    assert "Spam: Dental B; 2 calls\n" in text
    assert {row.split(",")[-2] for row in rendered.csv(audit_of_two).splitlines()[1:]} == {
        "0",
        "1",
        "2",
    }


def test_uses_are_counted_in_grammar() -> None:
    shared = [*tags("Follow up", *COMPANIES[:3]), *tags("Spam", *COMPANIES[:3])]
    text = rendered.text(counted(*shared, uses={"Follow up": 1, "Spam": 0}, applied={}))
    assert "; 1 call has it" in text
    assert " have it" not in text


def test_what_no_account_shows_is_reported_once() -> None:
    two = counted(*tags("Spam", None), uses={"Spam": 1}, applied={})
    for message in (rendered.text(two), rendered.markdown(two), audit_page.page(two)):
        assert message.count("automation rules") == 1
    assert "automation rules" not in rendered.text(MESSY)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    block = rendered.text(MESSY, width=width).split("Paste this")
    assert max(map(cells, block[0].splitlines())) <= width


def test_what_deviates_comes_first_and_what_does_not_is_left_out() -> None:
    text = rendered.text(MESSY)
    assert text.index("Opportunity") < text.index("Only in few companies") < text.index("Paste")
    assert "Quote sent" not in text
    assert "Quote sent" in rendered.text(Audit(accounts=MESSY.accounts, only_deviating=False))


def test_what_is_to_be_pasted_is_a_configuration() -> None:
    text = rendered.text(MESSY).partition("reconciler.yaml\n")[2].partition("\n\n")[0]
    head = f"version: 1\naccounts:\n  acme:\n    id: {ACME.id}\ntags:\n"
    opportunity, spam = load_text(head + text, "reconciler.yaml").entries
    declared = opportunity.declaration
    assert (declared.name, declared.color, declared.merged_from) == (
        "Opportunity",
        "blue1",
        ("Oppty",),
    )
    assert [one.name for one in spam.promotions] == ["Spam", "spam"]


def test_what_is_to_be_pasted_names_its_account_where_there_are_several() -> None:
    (acme,) = MESSY.accounts
    beacon = ACME._replace(handle="beacon", id=f"{ACME.id[:-1]}0")
    both = Audit(accounts=(acme, replace(acme, account=beacon)))
    head = [
        "version: 1",
        "accounts:",
        f"  acme: {{id: {ACME.id}}}",
        f"  beacon: {{id: {beacon.id}}}",
    ]
    blocks = [line for one in both.accounts for line in audit_wording.blocks(one, both)]
    entries = load_text("\n".join([*head, "tags:", *blocks, ""]), "reconciler.yaml").entries
    assert [one.accounts for one in entries] == 2 * [("acme",)] + 2 * [("beacon",)]


def test_a_comment_that_would_be_too_long_reports_it() -> None:
    many = audited(
        *(one for number in range(900) for one in tags(f"T{number} " * 5, None, COMPANIES[0]))
    )
    comment = rendered.markdown(many)
    assert len(comment.encode()) < 65_536
    assert "This list is cut" in comment
    assert "This list is cut" not in rendered.markdown(MESSY)


def test_the_page_loads_nothing_and_runs_only_its_own_script() -> None:
    page = audit_page.page(MESSY)
    assert_safe_page(page)
    assert not re.search(r"<link|<img|url\(|@import|https?:|\son\w+=", page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; " in page


def test_the_page_is_whole_without_its_script() -> None:
    page = re.sub(r"<script>.*?</script>", "", audit_page.page(MESSY), flags=re.DOTALL)
    assert "<input" not in page
    matrix = re.search(r'<table class="matrix audit">.*?</table>', page, re.DOTALL)
    assert matrix is not None
    rows = re.findall(r"<tr>(.*?)</tr>", matrix[0])
    written = [re.findall(r"<t[dh].*?</t[dh]>", row) for row in rows]
    shown = [[re.sub("<[^>]+>", "", one) for one in row] for row in written]
    assert shown == [
        ["", "Opportunity", "Spam", "VIP", "Quote sent"],
        ["account level", "", "✓", "", "✓"],
        ["Dental A", "✓", "↕", "", ""],
        ["Dental B", "✓", "≈", "", ""],
        ["Dental C", "✓", "", "", ""],
        ["Dental D", "≈", "", "", ""],
        ["Dental E", "−", "", "+", ""],
    ]
    assert 'title="spelt otherwise; another colour; disabled; Oppty; red1"' in page


def test_a_large_matrix_is_small_in_bytes() -> None:
    many = [company(f"C{number}") for number in range(200)]
    found = [one for number in range(50) for one in tags(f"T{number}", *many, color="blue1")]
    page = audit_page.page(Audit(accounts=(audit(live(*found, companies=many)),)))
    assert len(page) < 30 * 200 * 50


def test_what_a_browser_would_choke_on_is_counted_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_page, "MOST_CELLS", 8)
    assert "4 more places" in audit_page.page(MESSY)
