from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail.rate_limits import DAY, HOUR, AccountQuota, RateLimits, Window, duration
from reconciler.errors import QuotaError
from reconciler.model.plan import Allowance

RND = random.Random(1)


def quota(*, max_wait: float = 100.0, limit: int = 3) -> AccountQuota:
    return AccountQuota("ACC1", [(limit, HOUR)], max_wait=max_wait)


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
    limits = RateLimits([(2, HOUR), (100, DAY)])
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


def test_an_exhausted_budget_reports_how_long_and_that_running_again_goes_on() -> None:
    account = quota(limit=1, max_wait=60)
    account.enter()
    account.leave(0.0)
    with pytest.raises(QuotaError) as caught:
        account.grant(account.delay(600.0), now=600.0)
    assert "this run has sent 1 requests within one hour" in caught.value.message
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


def test_a_day_that_is_used_up_is_reported_as_one() -> None:
    account = AccountQuota("acme", [(1_000, HOUR), (1, DAY)], max_wait=0.0)
    account.enter()
    account.leave(0.0)
    shown = r"acme: this run has sent 1 requests within one 24h; the next is allowed in 24h"
    with pytest.raises(QuotaError, match=shown):
        account.grant(account.delay(5.0), now=5.0)


@given(
    st.lists(st.floats(0.1, 50.0), min_size=1, max_size=6),
    st.floats(0, 60),
)
def test_the_sentence_about_waiting_is_true_as_arithmetic(waits: list[float], most: float) -> None:
    account, now, fitting = quota(max_wait=most), 0.0, list(waits)
    while fitting and sum(waits) - sum(fitting) + fitting[0] <= most:
        account.grant(fitting[0], now=now)
        now += fitting.pop(0)
    if fitting:
        with pytest.raises(QuotaError) as caught:
            account.grant(fitting[0], now=now)
        message = caught.value.message
        shown = re.search(r"allowed in (\w+), longer than the (\w+) that", message)
        assert shown, message
        needed, left = map(seconds, shown.groups())
        assert needed > left
        assert ("left of --max-wait" in message) is (account.waited > 0)


def seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3_600}[text[-1]]


def reported(used: int, allowed: int = 250, per: str = "Hourly") -> dict[str, str]:
    names = {f"X-Rate-Limit-{per}-Allowed": allowed, f"X-Rate-Limit-{per}-Used": used}
    return {name.lower(): str(value) for name, value in names.items()}


def ask(account: AccountQuota, headers: dict[str, str], *, now: float) -> None:
    account.enter()
    account.leave(now)
    account.report(headers, sent_at=now, now=now)


def test_what_the_server_reports_is_what_is_left_whoever_used_the_rest() -> None:
    account = quota(limit=1_000)
    assert account.allowance(0.0) is None
    ask(account, reported(241), now=10.0)
    assert account.allowance(10.0) == Allowance(per="hour", allowed=250, left=9, others=240)
    for number in range(9):
        assert account.delay(20.0) == 0
        ask(account, reported(242 + number), now=20.0)
    assert account.allowance(20.0) == Allowance(per="hour", allowed=250, left=0, others=240)
    assert account.delay(20.0) == 3_590.0
    with pytest.raises(QuotaError) as caught:
        account.grant(account.delay(20.0), now=20.0)
    shown = (
        "ACC1: the 250 requests per hour that CallRail allows are used (others have used 240, "
        "earlier runs included)"
    )
    assert caught.value.message.startswith(f"{shown}; the next is allowed in 1h, longer than")


def test_requests_on_their_way_are_not_left() -> None:
    account = quota(limit=1_000)
    ask(account, reported(240), now=1.0)
    for _ in range(10):
        assert account.delay(1.0) == 0
        account.enter()
    assert account.delay(1.0) > 0


def test_answers_that_overtake_each_other_leave_no_more_than_there_is() -> None:
    account = quota(limit=1_000)
    account.enter()
    account.enter()
    account.leave(3.0)
    account.report(reported(242), sent_at=1.0, now=3.0)
    account.leave(4.0)
    account.report(reported(241), sent_at=1.0, now=4.0)
    assert account.allowance(4.0) == Allowance(per="hour", allowed=250, left=8, others=240)


def test_where_nobody_else_used_it_the_oldest_of_our_own_frees_the_next() -> None:
    account = quota(limit=1_000)
    ask(account, reported(1, allowed=2), now=100.0)
    ask(account, reported(2, allowed=2), now=200.0)
    assert account.delay(300.0) == 3_400.0
    assert account.delay(3_700.0) == 0
    ask(account, reported(2, allowed=2), now=3_700.0)
    assert account.delay(3_700.0) == 100.0


def test_the_tighter_of_hour_and_day_is_reported() -> None:
    account = quota(limit=1_000)
    ask(account, reported(10) | reported(2_497, allowed=2_500, per="Daily"), now=1.0)
    assert account.allowance(1.0) == Allowance(per="day", allowed=2_500, left=3, others=2_496)


def test_what_was_reported_long_ago_counts_no_more() -> None:
    account = quota(limit=1_000)
    ask(account, reported(250), now=1.0)
    assert account.delay(3_601.0) == 0
    assert account.allowance(3_601.0) is None


def test_a_server_that_allows_more_than_is_usual_is_believed() -> None:
    account = AccountQuota("acme", [(2, HOUR), (10, DAY)], max_wait=0.0)
    for number in range(5):
        assert account.delay(1.0) == 0
        ask(account, reported(number + 1, allowed=5_000), now=1.0)


def test_the_configuration_s_own_limit_stays_the_smaller() -> None:
    account = AccountQuota("acme", [(1_000, HOUR), (10_000, DAY)], max_wait=0.0, chosen=2)
    for number in range(2):
        assert account.delay(1.0) == 0
        ask(account, reported(number + 1, allowed=5_000), now=1.0)
    with pytest.raises(QuotaError, match=r"acme: .* as many requests as requests_per_hour \(2\)"):
        account.grant(account.delay(1.0), now=1.0)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit-hourly-allowed": "250"},
        {"x-rate-limit-hourly-allowed": "0", "x-rate-limit-hourly-used": "0"},
        {"x-rate-limit-hourly-allowed": "many", "x-rate-limit-hourly-used": "-1"},
        {"x-rate-limit-hourly-allowed": "9" * 40, "x-rate-limit-hourly-used": "1"},
    ],
)
def test_headers_that_make_no_sense_report_nothing(headers: dict[str, str]) -> None:
    account = quota()
    ask(account, headers, now=1.0)
    assert account.allowance(1.0) is None
    assert account.delay(1.0) == 0
