"""The sandbox's flags; imports neither the server nor the database."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from reconciler.sandbox.faults import Do, Fault, parse_fault
from reconciler.sandbox.switches import Switches, described, set_switch

if TYPE_CHECKING:
    from reconciler.sandbox.options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags to ``parser``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        f"switches (what CallRail leaves open):\n{described()}\n\n"
        "fault rules: METHOD PATH-PART [nth=N|every=N|times=N|after=N] ACTION, such as\n"
        "  'POST tags.json nth=3 reset-after-commit' or 'GET * times=2 status=503'\n"
        f"  actions: {', '.join(Do)}"
    )
    parser.add_argument("--port", type=_port, default=0, help="default: a free one")
    parser.add_argument("--db", metavar="FILE", help="keep the state in FILE (else in memory)")
    parser.add_argument(
        "--seed",
        default="agency",
        type=_seed,
        metavar="NAME",
        help="reference, agency (default), empty, bulk:TAGS[:COMPANIES], pair:OLD:NEW[:BOTH] (a tag"
        " in two spellings on so many interactions)",
    )
    parser.add_argument("--seed-number", type=int, default=1, metavar="N", help="of the agency")
    parser.add_argument("--latency", type=_time, default=0.0, metavar="50ms", help="a request")
    parser.add_argument(
        "--quota", type=_count, default=1_000, metavar="N", help="per window; 0: none"
    )
    parser.add_argument(
        "--daily-quota", type=_count, default=10_000, metavar="N", help="per 24 windows; 0: none"
    )
    parser.add_argument(
        "--others-used", type=_count, default=0, metavar="N", help="of it when the sandbox starts"
    )
    parser.add_argument("--quota-window", type=_time, default=3_600.0, metavar="1h")
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        type=_switch,
        metavar="NAME=VALUE",
        help="see below (repeats)",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        type=_fault,
        metavar="RULE",
        help="see below (repeats)",
    )
    parser.add_argument("--log-requests", action="store_true", help="one line each on stderr")


def options_from(args: argparse.Namespace) -> Options:
    """The options that the flags ask for."""
    from reconciler.sandbox.options import Options  # noqa: PLC0415 - not for --help

    switches = Switches()
    for text in args.switch:
        switches = set_switch(switches, text)
    return Options(
        port=args.port,
        db=args.db,
        seed=args.seed,
        seed_number=args.seed_number,
        latency=args.latency,
        quota=args.quota or None,
        quota_window=args.quota_window,
        daily_quota=args.daily_quota or None,
        others_used=args.others_used,
        switches=switches,
        faults=tuple(args.fault),
        log_requests=args.log_requests,
    )


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _seed(text: str) -> str:
    if not re.fullmatch(r"reference|agency|empty|bulk:\d+(:\d+)?|pair:\d+:\d+(:\d+)?", text):
        raise argparse.ArgumentTypeError(f"no seed {text!r}")
    return text


def _time(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 50ms, 2s or 1h")
    return float(match[1]) * {"ms": 0.001, "m": 60.0, "h": 3_600.0}.get(match[2] or "s", 1.0)


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of requests")
    return int(text)


def _switch(text: str) -> str:
    try:
        set_switch(Switches(), text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
