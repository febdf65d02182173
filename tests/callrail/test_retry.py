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
ACCEPT, RETRY, WAIT, LOOK = Verdict.ACCEPT, Verdict.RETRY, Verdict.WAIT, Verdict.LOOK
REFUSED, FORBIDDEN, FOREIGN = Verdict.REFUSED, Verdict.FORBIDDEN, Verdict.FOREIGN


def answer(status: int, flaw: Flaw | None = None) -> Answer:
    return Answer(status=status, payload=None if flaw else {}, flaw=flaw)


# One line a row of the table: what came back, and the verdict for GET, PUT, DELETE, POST.
TABLE: list[tuple[Exchange, tuple[Verdict, Verdict, Verdict, Verdict]]] = [
    (NotSent(reason="refused"), (RETRY, RETRY, RETRY, RETRY)),
    (NotSent(reason="certificate", hopeless=True), (Verdict.UNREACHABLE,) * 4),
    (answer(429), (WAIT, WAIT, WAIT, WAIT)),
    (answer(429, Flaw.FOREIGN), (WAIT, WAIT, WAIT, WAIT)),
    (Ambiguous(reason="reset"), (RETRY, LOOK, LOOK, LOOK)),
    (answer(500), (RETRY, LOOK, LOOK, LOOK)),
    (answer(502, Flaw.FOREIGN), (RETRY, LOOK, LOOK, LOOK)),
    (answer(503), (RETRY, LOOK, LOOK, LOOK)),
    (answer(408), (RETRY, LOOK, LOOK, LOOK)),
    (answer(200, Flaw.UNREADABLE), (RETRY, LOOK, ACCEPT, LOOK)),
    (answer(201, Flaw.UNREADABLE), (RETRY, LOOK, ACCEPT, LOOK)),
    (answer(204, Flaw.UNREADABLE), (RETRY, ACCEPT, ACCEPT, LOOK)),
    (answer(200, Flaw.FOREIGN), (FOREIGN, LOOK, LOOK, LOOK)),
    (answer(200), (ACCEPT, ACCEPT, ACCEPT, ACCEPT)),
    (answer(201), (ACCEPT, ACCEPT, ACCEPT, ACCEPT)),
    (answer(206), (FOREIGN, LOOK, ACCEPT, LOOK)),
    (answer(400), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(422), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(405, Flaw.FOREIGN), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(401), (FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)),
    (answer(403, Flaw.FOREIGN), (FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)),
    (answer(404), (REFUSED, REFUSED, REFUSED, REFUSED)),
    (answer(404, Flaw.FOREIGN), (REFUSED, REFUSED, LOOK, REFUSED)),
    (answer(302, Flaw.UNREADABLE), (FOREIGN, FOREIGN, FOREIGN, LOOK)),
    (answer(304), (FOREIGN, FOREIGN, FOREIGN, LOOK)),
    (answer(777), (FOREIGN, FOREIGN, FOREIGN, LOOK)),
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
    assert decide(exchange, GET) is not LOOK


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
