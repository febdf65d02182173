from __future__ import annotations

import base64
import json
import logging
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail.redact import Redactor

SECRET = "canary+/key=7c1e"


def redactor(secret: str = SECRET) -> Redactor:
    made = Redactor()
    made.add(secret)
    return made


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote(SECRET, safe="").lower(),
        urllib.parse.quote_plus(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        json.dumps({"key": SECRET}),
        json.dumps({"key": SECRET}).replace("/", "\\/"),
        "".join(f"\\u{ord(char):04x}" for char in SECRET),
        "".join(f"%{ord(char):02x}" for char in SECRET),
        base64.b64encode(f'Token token="{SECRET}"'.encode()).decode(),
        base64.b64encode(f"Bearer {SECRET}".encode()).decode(),
        urllib.parse.quote(base64.b64encode(f"Bearer {SECRET}".encode()).decode(), safe=""),
    ],
)
def test_every_spelling_is_hidden(text: str) -> None:
    assert "canary" not in redactor().redact(f"<{text}>")
    assert redactor().redact(text) != text


@given(st.binary(max_size=7), st.binary(max_size=7), st.sampled_from(["b64encode", "urlsafe"]))
def test_base64_hides_nothing_at_any_alignment(before: bytes, after: bytes, form: str) -> None:
    encode = base64.b64encode if form == "b64encode" else base64.urlsafe_b64encode
    text = encode(before + SECRET.encode() + after).decode()
    assert "[key hidden]" in redactor().redact(text)


def test_a_log_record_is_clean_with_its_arguments_and_traceback() -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    handler.addFilter(redactor())
    logger = logging.Logger("test")  # noqa: LOG001 - one of its own, so that nothing is left behind
    logger.addHandler(handler)
    try:
        raise ValueError(f"bad header {SECRET}")
    except ValueError:
        logger.exception("failed with %s", {"key": SECRET}, stack_info=True)
    assert "ValueError" in lines[0]
    assert "canary" not in lines[0]


def test_other_text_is_left_alone() -> None:
    assert redactor().redact("nothing here") == "nothing here"
    assert redactor("abc").redact("abc") == "abc"
    assert Redactor().redact("nothing known") == "nothing known"
