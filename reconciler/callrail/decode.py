"""Bytes of an answer to JSON, strictly."""

from __future__ import annotations

import json
import re

from reconciler.text.strict_json import NotJSONError, parse_json

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
