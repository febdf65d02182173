from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail.quota import AccountQuota, Limits, Window, duration
from reconciler.errors import QuotaError

RND = random.Random(1)


def quota(*, max_wait: float = 100.0, limit: int = 3) -> AccountQuota:
    return AccountQuota("ACC1", limits=Limits(((limit, 3_600.0),)), max_wait=max_wait)


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 3)), max_size=80),
)
def test_no_window_ever_holds_more_than_its_limit(
    limit: int, requests: list[tuple[float, float]]
) -> None:
    window, now, seen = Window(limit, 10.0), 0.0, []
    for pause, latency in requests:
        now += pause
        while (delay := window.delay(now)) > 0:
            now += delay
        window.enter()
        seen.append(now + latency / 2)
        now += latency
        window.leave(now)
    for start in seen:
        assert sum(start <= stamp < start + 10.0 for stamp in seen) <= limit


def test_the_budget_frees_a_request_when_the_hour_has_passed() -> None:
    limits = Limits(((2, 3_600.0), (100, 86_400.0)))
    for now in (0.0, 10.0):
        assert limits.delay(now) == 0
        limits.enter()
        limits.leave(now + 1)
    assert limits.delay(20.0) == 3_581.0
    assert limits.delay(3_601.0) == 0


def test_everything_running_is_no_reason_to_wait_long() -> None:
    window = Window(1, 3_600.0)
    window.enter()
    assert window.delay(0.0) < 1


def test_waits_that_overlap_count_once() -> None:
    account = quota(max_wait=100)
    for _ in range(50):
        account.grant(90.0, now=0.0)
    account.grant(100.0, now=0.0)
    with pytest.raises(QuotaError):
        account.grant(1.0, now=200.0)


def test_an_exhausted_budget_says_how_long_and_that_running_again_goes_on() -> None:
    account = quota(limit=1, max_wait=60)
    account.enter()
    account.leave(0.0)
    with pytest.raises(QuotaError) as caught:
        account.grant(account.delay(600.0), now=600.0)
    assert "1 requests in 1h" in caught.value.message
    assert "50m" in caught.value.message
    assert "Run it again" in (caught.value.hint or "")
    assert caught.value.exit_code == 6


def test_a_429_closes_the_account_once_for_all_that_were_running() -> None:
    account = quota()
    for _ in range(10):
        account.throttled(sent_at=0.0, now=1.0, after=None, rnd=RND)
    assert 0 < account.delay(1.0) <= 1.0
    account.throttled(sent_at=5.0, now=5.0, after=None, rnd=RND)
    assert 1.0 <= account.delay(5.0) <= 2.0
    account.accepted(sent_at=9.0)
    account.throttled(sent_at=9.5, now=9.5, after=None, rnd=RND)
    assert account.delay(9.5) <= 1.0


def test_retry_after_is_a_lower_bound_of_the_pause() -> None:
    account = quota()
    account.throttled(sent_at=0.0, now=0.0, after=40.0, rnd=RND)
    assert account.delay(0.0) == 40.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1s"), (60, "60s"), (119, "119s"), (121, "3m"), (3_600, "1h"), (7_201, "3h")],
)
def test_durations_are_rounded_up(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_day_that_is_used_up_is_told_as_one() -> None:
    limits = Limits(((1_000, 3_600.0), (1, 86_400.0)))
    account = AccountQuota("ACC1", limits=limits, max_wait=0.0)
    account.enter()
    account.leave(0.0)
    with pytest.raises(QuotaError, match=r"1 requests in 24h .* ACC1 has; the next .* in 24h"):
        account.grant(account.delay(5.0), now=5.0)
