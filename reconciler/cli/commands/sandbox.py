"""``sandbox``: a local look-alike of CallRail and Maton to try things on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command as make
from reconciler.cli.values import FILE, Parsed, between
from reconciler.errors import UsageError
from reconciler.sandbox.faults import Do, Fault, parse_fault
from reconciler.sandbox.switches import Switches, described, set_switch

if TYPE_CHECKING:
    from reconciler.cli.console import Console


def _seed(text: str) -> str:
    if not re.fullmatch(r"reference|agency|empty|bulk:\d+(:\d+)?|pair:\d+:\d+(:\d+)?", text):
        raise ValueError(f"no seed {text!r}")
    return text


def _time(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text)
    if match is None:
        raise ValueError(f"{text!r} is not a time; write 50ms, 2s or 1h")
    return float(match[1]) * {"ms": 0.001, "m": 60.0, "h": 3_600.0}.get(match[2] or "s", 1.0)


def _switch(text: str) -> str:
    set_switch(Switches(), text)
    return text


COUNT = between(0, 999_999_999)
TIME = Parsed("time", _time)
MORE = f"""\
Switches (what CallRail leaves open):
{described()}

Fault rules: METHOD PATH-PART [nth=N|every=N|times=N|after=N] ACTION, such as
  'POST tags.json nth=3 reset-after-commit' or 'GET * times=2 status=503'
  actions: {", ".join(Do)}
"""


@make(
    ("three drifted accounts, on a free port", "reconciler sandbox"),
    (
        "a small quota, and a create whose answer is lost",
        "reconciler sandbox --quota 50 --fault 'POST tags.json nth=3 reset-after-commit'",
    ),
    more=MORE,
)
@click.option("--port", type=between(0, 65_535), default=0, metavar="N", help="default: a free one")
@click.option("--db", type=FILE, metavar="FILE", help="keep the state in FILE (else in memory)")
@click.option(
    "--seed",
    default="agency",
    type=Parsed("seed", _seed, complete=("reference", "agency", "empty", "bulk:", "pair:")),
    metavar="NAME",
    help="reference, agency (default), empty, bulk:TAGS[:COMPANIES], pair:OLD:NEW[:BOTH] (a tag"
    " in two spellings on so many interactions)",
)
@click.option("--seed-number", type=COUNT, default=1, metavar="N", help="of the agency")
@click.option("--latency", type=TIME, default=0.0, metavar="50ms", help="of a request")
@click.option("--quota", type=COUNT, default=1_000, metavar="N", help="per window; 0: none")
@click.option(
    "--daily-quota", type=COUNT, default=10_000, metavar="N", help="per 24 windows; 0: none"
)
@click.option(
    "--others-used", type=COUNT, default=0, metavar="N", help="of it when the sandbox starts"
)
@click.option("--quota-window", type=TIME, default=3_600.0, metavar="1h")
@click.option(
    "--switch",
    multiple=True,
    type=Parsed("switch", _switch),
    metavar="NAME=VALUE",
    help="see below (repeats)",
)
@click.option(
    "--fault",
    multiple=True,
    type=Parsed("fault", parse_fault),
    metavar="RULE",
    help="see below (repeats)",
)
@click.option("--log-requests", is_flag=True, help="one line each on stderr")
def command(
    _console: Console,
    *,
    port: int,
    db: str | None,
    seed: str,
    seed_number: int,
    latency: float,
    quota: int,
    daily_quota: int,
    others_used: int,
    quota_window: float,
    switch: tuple[str, ...],
    fault: tuple[Fault, ...],
    log_requests: bool,
) -> int:
    """Serve a local look-alike of CallRail and Maton, kept in SQLite, until a signal ends it."""
    from reconciler.sandbox import Options, serve

    switches = Switches()
    for text in switch:
        switches = set_switch(switches, text)
    options = Options(
        port=port,
        db=db,
        seed=seed,
        seed_number=seed_number,
        latency=latency,
        quota=quota or None,
        quota_window=quota_window,
        daily_quota=daily_quota or None,
        others_used=others_used,
        switches=switches,
        faults=fault,
        log_requests=log_requests,
    )
    try:
        serve(options)
    except OSError as error:
        raise UsageError(
            f"the sandbox can't start: {error.strerror or error}",
            hint="Give another --port or --db, or leave it out.",
        ) from error
    return 0
