"""Sends one request over a pooled connection: the only importer of httpx."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import ssl
import sys
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import httpx

from reconciler import __version__
from reconciler.callrail.decode import server_message, strict_json
from reconciler.callrail.endpoints import is_loopback
from reconciler.callrail.exchange import Ambiguous, Answer, Flaw, NotSent
from reconciler.callrail.rate_limits import RATE_HEADERS
from reconciler.errors import UnreachableError
from reconciler.text.strict_json import NotJSONError
from reconciler.text.visible import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.callrail.exchange import Exchange, Request
    from reconciler.callrail.runtime import Timeouts

BODY_LIMIT: Final = 32 * 1024 * 1024
_ERROR_BODY_LIMIT: Final = 64 * 1024
# More than is shown by the length of any key, so that none is cut before it is hidden.
_SEARCHED: Final = 8_000
_KEPT = ("retry-after", "location", "date", "content-type", *RATE_HEADERS)
_HTML = re.compile(r"text/html|application/xhtml", re.IGNORECASE)


class HttpxTransport:
    """One origin's connections; nothing is retried, followed, decompressed or remembered."""

    def __init__(
        self,
        base: str,
        *,
        timeouts: Timeouts,
        parallelism: int,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._base = base
        self._timeouts = timeouts
        # A server's text is cut short before it is shown, and half a key is a leak as well: keys
        # are taken out first.
        self._redact = redact
        self._client = _client(base, timeouts, parallelism)
        self._running: set[asyncio.Timeout] = set()
        self._shortened = False

    @property
    def base(self) -> str:
        """What stands before every path."""
        return self._base

    def shorten_timeouts(self) -> None:
        """Give running requests the grace time and no more."""
        self._shortened = True
        limit = asyncio.get_running_loop().time() + self._timeouts.grace
        for running in self._running:
            if running.expired():
                continue
            when = running.when()
            running.reschedule(limit if when is None else min(when, limit))

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(self, request: Request, *, headers: Mapping[str, str]) -> Exchange:
        """Send ``request`` once, with ``headers`` that hold the key; no failure is raised."""
        begun: list[Answer] = []
        failed = await self._attempt(request, headers, begun)
        if isinstance(failed, Answer) or not begun:
            return failed
        # The status came: what it means holds, whatever became of the body.
        return replace(begun[0], flaw=Flaw.UNREADABLE, message=f"cut short: {failed.reason}")

    async def _attempt(
        self, request: Request, headers: Mapping[str, str], begun: list[Answer]
    ) -> Exchange:
        """The exchange; ``begun`` is given the answer's head as soon as it is there."""
        total = self._timeouts.grace if self._shortened else self._timeouts.total
        try:
            async with asyncio.timeout(total) as limit:
                self._running.add(limit)
                try:
                    return await self._exchange(request, headers, begun)
                finally:
                    self._running.discard(limit)
        except TimeoutError:
            return Ambiguous(reason=f"no complete answer within {total:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return _failure(error, self._redact)
        except OSError as error:
            return Ambiguous(reason=safe_text(f"the connection failed: {error.strerror or error}"))

    async def _exchange(
        self, request: Request, headers: Mapping[str, str], begun: list[Answer]
    ) -> Answer:
        body = None
        if request.body is not None:
            body = json.dumps(request.body, ensure_ascii=False).encode()
            headers = {**headers, "Content-Type": "application/json"}
        url = self._base + request.path
        if request.query:
            url += "?" + urlencode(request.query, quote_via=quote)
        async with self._client.stream(
            request.method.value, url, content=body, headers=dict(headers)
        ) as response:
            begun.append(Answer(status=response.status_code, headers=_kept(response, self._redact)))
            return await _answer(response, self._redact)


def _client(base: str, timeouts: Timeouts, parallelism: int) -> httpx.AsyncClient:
    # httpcore tries to import sniffio several times a request, and the import system looks for it
    # on disk each time: 2 ms. Where it is not installed, that is noted once.
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    # Both libraries log headers or addresses below WARNING; ours is the only request log.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        return _built(base, timeouts, parallelism)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        # Not the error's own text: a proxy's address may hold a password.
        raise UnreachableError(
            f"no connection can be set up ({type(error).__name__})",
            hint="Check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
        ) from None


def _built(base: str, timeouts: Timeouts, parallelism: int) -> httpx.AsyncClient:
    local = is_loopback(base)
    return httpx.AsyncClient(
        follow_redirects=False,
        # A proxy for loopback would be handed requests that were meant to stay here.
        trust_env=not local,
        # Plain http is loopback only: loading the certificate store would cost 30 ms for nothing.
        verify=not base.startswith("http://"),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        limits=httpx.Limits(max_connections=parallelism, max_keepalive_connections=parallelism),
        timeout=httpx.Timeout(timeouts.read, connect=timeouts.connect),
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"callrail-reconciler/{__version__}",
        },
    )


async def _answer(response: httpx.Response, redact: Callable[[str], str]) -> Answer:
    status, headers = response.status_code, _kept(response, redact)
    good = 200 <= status < 300
    encoding = redact(response.headers.get("content-encoding", "identity").strip())
    if encoding.lower() not in {"", "identity"}:
        message = (
            f"the answer is compressed ({safe_text(encoding, limit=20)}), which was not asked for"
        )
        return Answer(status=status, headers=headers, flaw=Flaw.NOT_THE_API, message=message)
    limit = BODY_LIMIT if good else _ERROR_BODY_LIMIT
    body = await _read(response, limit)
    if body is None:
        message = f"the answer is larger than {limit:,} bytes"
        return Answer(status=status, headers=headers, flaw=Flaw.NOT_THE_API, message=message)
    return _decoded(body, redact, status=status, headers=headers)


def _kept(response: httpx.Response, redact: Callable[[str], str]) -> dict[str, str]:
    """The few headers that matter."""
    return {name: redact(response.headers[name]) for name in _KEPT if name in response.headers}


async def _read(response: httpx.Response, limit: int) -> bytes | None:
    """The body as it came, or None when it is longer than ``limit`` (no more is read then)."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _decoded(
    body: bytes, redact: Callable[[str], str], *, status: int, headers: Mapping[str, str]
) -> Answer:
    content_type = headers.get("content-type", "")
    if _HTML.match(content_type) or body[:2_000].lstrip().startswith(b"<"):
        message = f"a page instead of JSON: {safe_text(_untagged(_start(body, redact)), limit=120)}"
        return Answer(status=status, headers=headers, flaw=Flaw.NOT_THE_API, message=message)
    if not body.strip():
        message = "the answer is empty"
        return Answer(status=status, headers=headers, flaw=Flaw.UNREADABLE, message=message)
    try:
        payload = strict_json(body)
    except NotJSONError as error:
        start = safe_text(_start(body, redact))
        message = f"the answer can't be used: {redact(str(error))}" if status < 300 else start
        return Answer(status=status, headers=headers, flaw=Flaw.UNREADABLE, message=message)
    message = server_message(payload, redact)
    return Answer(status=status, payload=payload, headers=headers, message=message, size=len(body))


def _start(body: bytes, redact: Callable[[str], str]) -> str:
    return redact(body[:_SEARCHED].decode("utf-8", errors="replace"))[:2_000]


def _untagged(page: str) -> str:
    page = re.sub(r"<(script|style)\b.*?(</\1>|$)", " ", page, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"<[^>]*(>|$)", " ", page)


def _failure(error: Exception, redact: Callable[[str], str] = str) -> NotSent | Ambiguous:
    name = type(error).__name__
    reason = safe_text(redact(str(error)) or name)
    if _untrusted(error):
        return NotSent(reason=f"the server's certificate is not trusted: {reason}", hopeless=True)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return NotSent(reason="no connection in time")
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return NotSent(reason=f"no connection: {reason}")
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        # These may quote the header that was refused, which holds the key.
        return NotSent(reason=f"the request could not be built ({name})", hopeless=True)
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return Ambiguous(reason="the server did not answer in time")
    return Ambiguous(reason=f"the connection broke: {reason}")


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
