"""Takes known secrets out of any text, in every spelling that they are likely to appear in."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "[key hidden]"
# What is shorter is in every text by chance; no real key is.
_SHORTEST = 4


class Redactor(logging.Filter):
    """A logging filter, and a function for everything that is not logged.

    As a filter it never drops a record; it rewrites message, arguments, traceback and stack. Put
    it on handlers: a logger's filter does not see what its children log.
    """

    def __init__(self) -> None:
        super().__init__()
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        """From now on hide ``secret``, as it is and in its usual encodings."""
        if len(secret) < _SHORTEST or secret in self._secrets:
            return
        self._secrets.add(secret)
        forms = {form for known in self._secrets for form in _forms(known)}
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered)))

    def redact(self, text: str) -> str:
        """``text`` with every known secret replaced."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite ``record`` so that no handler after this can show a secret."""
        record.msg = self.redact(record.getMessage())
        record.args = ()
        if record.exc_info is not None and record.exc_info[0] is not None:
            record.exc_text = self.redact("".join(traceback.format_exception(*record.exc_info)))
            record.exc_text = record.exc_text.rstrip("\n")
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        return True


def _forms(secret: str) -> Iterator[str]:
    """``secret`` as headers, addresses, JSON, pages and dumps write it, alone or in a header."""
    yield secret
    # Browsers leave !'()* as they are, Python's quote does not; some tools quote every character.
    for safe in ("", "/", "!'()*"):
        quoted = quote(secret, safe=safe)
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quoted)
    digits = secret.encode().hex("%")
    yield from (f"%{digits}", f"%{digits.upper()}")
    yield quote_plus(secret)
    text = json.dumps(secret)[1:-1]
    yield text
    yield text.replace("/", "\\/")
    for width in ("04x", "04X"):
        yield "".join([f"\\u{ord(char):{width}}" for char in secret])
    yield repr(secret)[1:-1]
    yield html.escape(secret)
    yield from (secret.encode().hex(), secret.encode().hex().upper())
    for encoded in _base64_forms(secret.encode()):
        yield encoded
        yield quote(encoded, safe="")


def _base64_forms(secret: bytes) -> Iterator[str]:
    """The part of each base64 text that depends on ``secret`` alone, at its three alignments."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret).decode()
        start = (0, 2, 3)[shift]
        used = (shift + len(secret)) * 8 // 6
        core = encoded[start:used]
        if len(core) >= _SHORTEST:
            yield core
            yield core.replace("+", "-").replace("/", "_")
