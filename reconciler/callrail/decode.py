"""Bytes of an answer to JSON, strictly: what is not plain JSON is named, never guessed at."""

from __future__ import annotations

import json
import re

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotJSONError(ValueError):
    """The bytes are not strict JSON; the message says why, without quoting them."""


def strict_json(body: bytes) -> object:
    """Parse ``body`` as UTF-8 JSON.

    Raises NotJSONError for anything else: a key that stands twice, NaN and Infinity, half of a
    surrogate pair, nesting too deep, numbers too long.
    """
    try:
        text = body.decode("utf-8-sig")
        payload = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        if _SURROGATE.search(text):
            json.dumps(payload, ensure_ascii=False).encode()
    except NotJSONError:
        raise
    except UnicodeDecodeError as error:
        raise NotJSONError("it is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise NotJSONError("it holds half of a surrogate pair") from error
    except RecursionError as error:
        raise NotJSONError("it is nested too deep") from error
    except json.JSONDecodeError as error:
        raise NotJSONError(f"it is no JSON from character {error.pos} on") from error
    except ValueError as error:
        raise NotJSONError("it holds a number that is too long") from error
    return payload


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotJSONError("a key stands twice in one object")
    return result


def _constant(name: str) -> object:
    raise NotJSONError(f"it holds {name}")
