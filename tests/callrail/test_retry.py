from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail.exchange import Ambiguous, Answer, Exchange, Flaw, Method, NotSent
from reconciler.callrail.retry import (
    RetryBudget,
    Verdict,
    backoff,
    decide,
    retry_after,
    throttle,
)

GET, PUT, DELETE, POST = Method.GET, Method.PUT, Method.DELETE, Method.POST
ACCEPT, RETRY, THROTTLED = Verdict.ACCEPT, Verdict.RETRY, Verdict.THROTTLED
UNSEEN, CONTRADICTED, VERIFY = Verdict.UNSEEN, Verdict.CONTRADICTED, Verdict.VERIFY
REFUSED, FORBIDDEN, UNAUTHORIZED = Verdict.REFUSED, Verdict.FORBIDDEN, Verdict.UNAUTHORIZED
NOT_THE_API, UNREACHABLE = Verdict.NOT_THE_API, Verdict.UNREACHABLE


def answer(status: int, flaw: Flaw | None = None) -> Answer:
    return Answer(status=status, payload=None if flaw else {}, flaw=flaw)


def error_body(status: int, key: str = "error") -> Answer:
    return Answer(status=status, payload={key: "Color is invalid"}, message="Color is invalid")


# One line a row of the table: what came back, and the verdict for GET, PUT, DELETE, POST.
TABLE: list[tuple[Exchange, tuple[Verdict, Verdict, Verdict, Verdict]]] = [
    # Not sent.
    (NotSent(reason="refused"), (RETRY, RETRY, RETRY, RETRY)),
    (NotSent(reason="certificate", hopeless=True), (UNREACHABLE,) * 4),
    (answer(429), (THROTTLED,) * 4),
    (answer(429, Flaw.NOT_THE_API), (THROTTLED,) * 4),
    # 2xx, readable or not.
    (answer(200), (ACCEPT, ACCEPT, ACCEPT, ACCEPT)),
    (answer(201), (ACCEPT, ACCEPT, ACCEPT, ACCEPT)),
    (answer(206), (NOT_THE_API, ACCEPT, ACCEPT, ACCEPT)),
    (answer(200, Flaw.UNREADABLE), (RETRY, UNSEEN, ACCEPT, UNSEEN)),
    (answer(201, Flaw.UNREADABLE), (RETRY, UNSEEN, ACCEPT, UNSEEN)),
    (answer(204, Flaw.UNREADABLE), (RETRY, ACCEPT, ACCEPT, UNSEEN)),
    (answer(200, Flaw.NOT_THE_API), (NOT_THE_API, VERIFY, VERIFY, UNSEEN)),
    (answer(201, Flaw.NOT_THE_API), (NOT_THE_API, VERIFY, VERIFY, UNSEEN)),
    # 2xx with an error body.
    (error_body(200), (REFUSED, CONTRADICTED, CONTRADICTED, CONTRADICTED)),
    (error_body(201, "errors"), (REFUSED, CONTRADICTED, CONTRADICTED, CONTRADICTED)),
    # Ambiguous.
    (Ambiguous(reason="reset"), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(500), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(502, Flaw.NOT_THE_API), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(503), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(408), (RETRY, VERIFY, VERIFY, VERIFY)),
    # Refused.
    (answer(400), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(422), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(422, Flaw.NOT_THE_API), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(405, Flaw.NOT_THE_API), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(401), (UNAUTHORIZED,) * 4),
    (answer(403), (FORBIDDEN,) * 4),
    (answer(403, Flaw.NOT_THE_API), (FORBIDDEN,) * 4),
    (answer(404), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(404, Flaw.NOT_THE_API), (REFUSED, VERIFY, VERIFY, REFUSED)),
    # In between.
    (answer(409), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(413, Flaw.NOT_THE_API), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(425), (RETRY, VERIFY, VERIFY, VERIFY)),
    (answer(499, Flaw.NOT_THE_API), (RETRY, VERIFY, VERIFY, VERIFY)),
    # Not this API.
    (answer(302, Flaw.UNREADABLE), (NOT_THE_API, VERIFY, VERIFY, VERIFY)),
    (answer(304), (NOT_THE_API, VERIFY, VERIFY, VERIFY)),
    (answer(777), (NOT_THE_API, VERIFY, VERIFY, VERIFY)),
]


@pytest.mark.parametrize(("exchange", "verdicts"), TABLE, ids=[str(row[0]) for row in TABLE])
def test_the_table(exchange: Exchange, verdicts: tuple[Verdict, ...]) -> None:
    methods = (GET, PUT, DELETE, POST)
    assert tuple(decide(exchange, method) for method in methods) == verdicts


@given(
    st.one_of(
        st.builds(NotSent, reason=st.just(""), hopeless=st.booleans()),
        st.builds(Ambiguous, reason=st.just("")),
        st.builds(answer, st.integers(100, 999), st.sampled_from([None, *Flaw])),
    )
)
def test_a_write_that_may_have_happened_is_never_repeated_blindly(exchange: Exchange) -> None:
    certain = isinstance(exchange, NotSent)
    for method in (PUT, DELETE, POST):
        assert (decide(exchange, method) is RETRY) <= certain
    assert decide(exchange, GET) not in {VERIFY, UNSEEN, CONTRADICTED}


@given(st.integers(200, 299), st.sampled_from([None, *Flaw]), st.booleans())
def test_a_post_that_met_2xx_is_done_whatever_the_body(
    status: int, flaw: Flaw | None, error: bool
) -> None:
    exchange = error_body(status) if error else answer(status, flaw)
    assert decide(exchange, POST) in {ACCEPT, UNSEEN, CONTRADICTED}


def test_an_object_with_an_error_field_is_no_error() -> None:
    described = Answer(status=201, payload={"id": 1, "name": "a", "errors": []})
    assert decide(described, POST) is ACCEPT
    assert decide(Answer(status=200, payload={"tags": [], "errors": []}), GET) is ACCEPT
    nothing = Answer(status=200, payload={"id": None, "errors": ["Color is invalid"]})
    assert decide(nothing, PUT) is CONTRADICTED


def test_a_dead_server_costs_few_repeats_and_a_long_run_may_have_more() -> None:
    budget = RetryBudget()
    assert sum(budget.take(requests=5) for _ in range(100)) == 10
    assert sum(budget.take(requests=1_000) for _ in range(200)) == 100


@given(st.integers(1, 1_000), st.integers(0, 99))
def test_waits_are_jittered_and_capped(attempt: int, seed: int) -> None:
    assert 0 <= backoff(attempt, random.Random(seed)) <= 10
    step = min(60, 2 ** (attempt - 1))
    assert step / 2 <= throttle(attempt, random.Random(seed)) <= step


NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        ("99999999", 86_400.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
        ("9" * 400, None),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 1.0),
        ("Mon, 99 Foo 2026 10:00:00 GMT", None),
    ],
)
def test_retry_after_is_honoured_and_clamped(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, now=NOW) == seconds
