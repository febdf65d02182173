"""Whether any company of an account records form submissions.

A key may be refused the forms of an account that has none, because nobody there tracks forms. What
is refused for another reason must stay unknown, so every company has to say so itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.interactions import row_id
from reconciler.callrail.memo import Memo
from reconciler.callrail.paging import PER_PAGE, Page, Source, parse_page, read_all
from reconciler.callrail.retry import backoff
from reconciler.callrail.wire import plain_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.callrail.session import Door


class FormCapture:
    """The companies' switch ``form_capture`` (B), read once an account."""

    def __init__(self, door: Door, account: str) -> None:
        self._door = door
        self._account = account
        self._off = Memo(self._read)

    async def is_off(self) -> bool:
        """Whether it is off in every company, disabled ones included; no company says nothing.

        Raises AuthError, QuotaError or an ApiError.
        """
        return await self._off.of(None)

    async def _read(self, _key: None) -> bool:
        source = Source(
            what="companies",
            fetch=self._page,
            key=lambda row: row_id(row, "companies"),
            pause=self._pause,
        )
        rows = await read_all(source)
        return bool(rows) and all(row.get("form_capture") is False for row in rows)

    async def _page(self, number: int) -> Page[Mapping[str, object]]:
        answer = await self._door.call(
            Request(
                method=Method.GET,
                path=path("v3", "a", self._account, "companies.json"),
                query=(("page", str(number)), ("per_page", str(PER_PAGE))),
                account=self._account,
            )
        )
        return parse_page(answer.payload, rows="companies", parse=plain_row)

    async def _pause(self, read: int) -> None:
        run = self._door.run
        await run.sleep(backoff(read, run.settings.random))
