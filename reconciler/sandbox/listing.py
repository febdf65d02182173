"""Pages: the envelope that every listing comes in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from reconciler.sandbox.answers import Asked, Refusal, Response, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.sandbox.switches import Switches

WITH_TOTAL_PAGES = frozenset({"accounts", "companies", "calls"})
"""Listings that carry total_pages on the reference page (A)."""

DEFAULT_PER_PAGE = 100


def page_of(asked: Asked, switches: Switches) -> tuple[int, int]:
    """Page (from 1) and rows a page; raises Refusal for what is no number."""
    page, per_page = _number(asked, "page", 1), _number(asked, "per_page", DEFAULT_PER_PAGE)
    if per_page > switches.page_cap:
        if switches.over_cap == "error":
            raise Refusal(400, f"per_page may be at most {switches.page_cap}")
        per_page = switches.page_cap
    return page, per_page


def envelope(
    name: str, rows: Sequence[Row], total: int, paging: tuple[int, int], switches: Switches
) -> Response:
    """The answer that carries one page of ``name``."""
    page, per_page = paging
    payload: dict[str, object] = {"page": page, "per_page": per_page}
    with_pages = switches.total_pages == "always" or (
        switches.total_pages == "some" and name in WITH_TOTAL_PAGES
    )
    if with_pages:
        payload["total_pages"] = max(1, -(-total // per_page))
    payload["total_records"] = total
    payload[name] = list(rows)
    return Response(payload=payload)


def link_header(answer: Response, address: str) -> dict[str, str]:
    """A ``Link`` header that leads from the page asked for at ``address`` to the others (C)."""
    payload = answer.payload
    if not isinstance(payload, dict) or not {"page", "per_page", "total_records"} <= payload.keys():
        return {}
    page = payload["page"]
    last = max(1, -(-payload["total_records"] // payload["per_page"]))
    numbers = {"first": 1, "prev": page - 1} if page > 1 else {}
    numbers |= {"next": page + 1, "last": last} if page < last else {}
    if not numbers:
        return {}
    path, _, query = address.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "page"]
    links = [
        f'<{path}?{urlencode([*pairs, ("page", number)])}>; rel="{name}"'
        for name, number in numbers.items()
    ]
    return {"Link": ", ".join(links)}


def listed(
    name: str, rows: Sequence[Row], asked: Asked, switches: Switches, shape: Callable[[Row], Row]
) -> Response:
    """One page of ``rows``, which are all there are."""
    page, per_page = page_of(asked, switches)
    shown = rows[(page - 1) * per_page : page * per_page]
    return envelope(name, [shape(row) for row in shown], len(rows), (page, per_page), switches)


def _number(asked: Asked, name: str, default: int) -> int:
    text = asked.one(name)
    if text is None:
        return default
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise Refusal(400, f"{name} must be a positive number")
    return int(text)
