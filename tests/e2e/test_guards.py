"""What no run may do, however it is asked: refused before the first write, with what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.desk import Desk

RUNS = ("plan", "drift", "apply --auto-approve")


@pytest.mark.parametrize("line", RUNS)
def test_a_tag_that_nothing_is_called_is_wrong_usage(desk: Desk, line: str) -> None:
    desk.declare("- name: Follow up\n- name: Spam\n")
    ran = desk.run(line, "--tag", "Spam", "--tag", "Folow up")
    assert ran.code == 64
    assert '--tag "Folow up" matches no tag, declared or live' in ran.err
    assert 'Did you mean "Follow up"?' in ran.err
    assert desk.writes == []


@pytest.mark.parametrize("line", RUNS)
def test_an_account_that_nothing_is_called_is_wrong_usage(desk: Desk, line: str) -> None:
    desk.declare("- name: Spam\n")
    ran = desk.run(line, "--account", "akme")
    assert ran.code == 64
    assert 'Did you mean "acme"?' in ran.err
    assert desk.writes == []
