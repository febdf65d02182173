"""An exception with a date: two weeks' notice, a reminder after it, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.planning.narrowing import Narrowing
from tests.config.writing import COMPANIES, HEAD, loaded, pointed_at

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = date(2027, 3, 31)
TAG = f"""{HEAD}tags:
  - name: Implant
    companies: all
    except:
      - Twin
      - {{company: Dental Test, reason: Moves in spring., until: {UNTIL}}}
"""
SCOPE = f"""{HEAD}scopes:
  all-but-one:
    companies: all
    except: [{{company: Dental Test, until: {UNTIL}}}]
tags:
  - {{name: Implant, scope: all-but-one}}
  - {{name: Crown, scope: all-but-one}}
"""


@pytest.mark.parametrize(
    ("days", "notice"),
    [
        (-15, None),
        (-14, "ends in 14 days, after 2027-03-31"),
        (-1, "ends tomorrow"),
        (0, "ends today"),
        (1, "was agreed until 2027-03-31 and goes on"),
        (700, "was agreed until 2027-03-31 and goes on"),
    ],
)
def test_notice_is_given_from_14_days_before(tmp_path: Path, days: int, notice: str | None) -> None:
    found = loaded(tmp_path, TAG).on(UNTIL + timedelta(days=days)).warnings
    assert [notice in one.message for one in found if notice] == [True] * bool(notice)
    assert len(found) == bool(notice)
    for one in found:
        assert one.code == ("CFG412" if days > 0 else "CFG411")
        assert pointed_at(one) == str(UNTIL)
        assert "Moves in spring." in (one.hint or "")


@pytest.mark.parametrize("days", [-100, 0, 100])
def test_nothing_happens_by_date_alone(tmp_path: Path, days: int) -> None:
    configuration = loaded(tmp_path, TAG).on(UNTIL + timedelta(days=days))
    (account,) = configuration.resolve({"acme": COMPANIES}).accounts
    assert sorted(one for one in account.tags if one) == ["COM1", "COM2", "COM4"]


def test_a_scopes_exception_is_reported_once_for_all_its_tags(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, SCOPE).on(UNTIL).warnings
    assert (
        'the exception of "Dental Test" from "Implant" and 1 more tag ends today' in found.message
    )


def test_those_with_a_reason_or_a_date_are_shown_to_who_reads_a_plan(
    tmp_path: Path,
) -> None:
    reason_only = TAG.replace(f", until: {UNTIL}", "")
    assert [one[:4] for one in loaded(tmp_path, TAG).excepted] == [
        ("Dental Test", ("Implant",), UNTIL, "Moves in spring.")
    ]
    assert [one[:4] for one in loaded(tmp_path, SCOPE).excepted] == [
        ("Dental Test", ("Implant", "Crown"), UNTIL, None)
    ]
    configuration = loaded(tmp_path, reason_only)
    assert [one[:4] for one in configuration.excepted] == [
        ("Dental Test", ("Implant",), None, "Moves in spring.")
    ]
    assert configuration.on(UNTIL).warnings == ()


def test_those_of_what_a_run_leaves_out_are_not(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, SCOPE).excepted
    assert Narrowing(tags=("Cro*",)).covers_exception(one)
    assert Narrowing(companies=("Dental *",)).covers_exception(one)
    assert not Narrowing(tags=("Other",)).covers_exception(one)
    assert not Narrowing(companies=("Other",)).covers_exception(one)
