"""What an answer holds: its bytes as strict JSON, and what the JSON of an error says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from reconciler.text.strict_json import NotJSONError, parse_json
from reconciler.text.visible import safe_text

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def strict_json(body: bytes) -> object:
    """Parse ``body`` as UTF-8 JSON; NotJSONError for anything else, half a surrogate pair too."""
    try:
        text = body.decode("utf-8")
        payload = parse_json(text)
        if _SURROGATE.search(text):
            json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise NotJSONError("it is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise NotJSONError("it holds half of a surrogate pair") from error
    return payload


def server_message(payload: object, redact: Callable[[str], str] = str) -> str:
    """What an error's JSON says, as safe text; empty where it says nothing.

    ``redact`` hides keys, before the text is cut.

    The shape is not published: ``{"error": "text"}`` is common (B), ``{"errors": [...]}`` happens
    (C), so are objects in either place.
    """
    if not isinstance(payload, Mapping):
        return ""
    for key in ("error", "errors", "message", "detail"):
        reported = "; ".join(part for part in _strings(payload.get(key), depth=0) if part)
        if reported:
            return safe_text(redact(reported))
    return ""


def is_matons(payload: object) -> bool:
    """Whether an error's JSON has a shape of Maton's own (C), and not one that CallRail has (B).

    Maton's: ``{"message": …}``, ``{"error": {"message": …}}``, ``{"detail": "…" or [...]}``.
    """
    if not isinstance(payload, Mapping) or "errors" in payload:
        return False
    error = payload.get("error")
    if error is None:
        return "message" in payload or "detail" in payload
    return isinstance(error, Mapping) and "message" in error


def _strings(value: object, *, depth: int) -> Iterator[str]:
    if depth > 3:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _strings(item, depth=depth + 1)
    elif isinstance(value, Mapping):
        for key, item in list(value.items())[:20]:
            reported = ", ".join(_strings(item, depth=depth + 1))
            if reported:
                yield (
                    reported
                    if key in {"message", "error", "detail", "msg"}
                    else f"{key} {reported}"
                )
