"""Recognise the common shapes of a document: "certainly valid" or "ask the schema".

jsonschema takes 160 µs a tag and 55 ms to import. It is the authority and explains every refusal;
what is recognised here is so plain that it need not be asked. A property test holds that nothing
passes here which the schema refuses. Functions made from the schema at run time were tried: they
took 3.5 µs a tag instead of 0.7, and 5 ms to make, which is more than a plan of 1,000 tags has.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.config.values import Document, PositionedDict

_LONGEST = 1000
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}").fullmatch
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch
_TRASH = re.compile(r"off|[1-9][0-9]{0,2}d").fullmatch
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}").fullmatch

_TAG_KEYS = frozenset(
    (
        "name",
        "color",
        "state",
        "renamed_from",
        "merged_from",
        "keep_id",
        "level",
        "companies",
        "except",
        "scope",
        "accounts",
        "note",
    )
)
_STATES = frozenset(("enabled", "disabled", "any"))
_ACCOUNT_KEYS = frozenset(
    (
        "id",
        "connection",
        "api_key_env",
        "unmanaged",
        "protect",
        "ignore",
        "limits",
        "requests_per_hour",
        "trash",
    )
)
_UNMANAGED = frozenset(("keep", "disable", "delete"))
_LIMITS = {
    "deletes": 1_000_000,
    "disables": 1_000_000,
    "delete_percent": 100,
    "interactions": 1_000_000_000,
    "flows": 1_000_000,
}
_SCOPE_KEYS = frozenset(("companies", "except", "accounts", "level"))


def is_plain_head(document: Document) -> bool:
    """Whether everything but the tags is certainly as the schema wants it."""
    value = document.value
    if not isinstance(value, PositionedDict) or value.keys() - _HEAD.keys():
        return False
    version = value.get("version")
    if type(version) is not int or version != 1:
        return False
    return all(_HEAD[key](part) for key, part in value.items())


def is_plain_tag(tag: Any) -> bool:
    """Whether one item of ``tags`` is certainly as the schema wants it."""
    if type(tag) is not PositionedDict or "name" not in tag:
        return False
    for key, value in tag.items():
        if key in ("name", "color", "note"):
            if not _is_line(value):
                return False
        elif not _is_plain_rest(key, value):
            return False
    name = tag["name"]
    if name[0] == " " or name[-1] == " " or name.startswith("~trash "):
        return False
    if "merged_from" in tag and tag.get("state") == "disabled":
        return False
    return _is_plain_place(tag)


def _is_plain_rest(key: str, value: Any) -> bool:
    if key in ("companies", "except"):
        return (key == "companies" and value == "all") or _is_list(value, _is_line)
    if key == "state":
        return isinstance(value, str) and value in _STATES
    if key == "accounts":
        return _is_list(value, _is_handle)
    if key == "scope":
        return _is_handle(value)
    if key in ("renamed_from", "merged_from"):
        return _is_line(value) or _is_list(value, _is_line)
    return value is True if key == "keep_id" else _is_level(key, value)


def _is_level(key: str, value: Any) -> bool:
    return key == "level" and value in ("account", "company")


def _is_plain_place(block: PositionedDict) -> bool:
    if "scope" in block:
        return "companies" not in block and "except" not in block and "level" not in block
    if "companies" in block:
        return block.get("level") != "account"
    return "except" not in block and block.get("level") != "company"


def _is_line(value: Any) -> bool:
    # isprintable() refuses control and bidirectional characters, and more: then the schema decides.
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def _is_handle(value: Any) -> bool:
    return isinstance(value, str) and _HANDLE(value) is not None


def _is_list(value: Any, is_item: Any) -> bool:
    if not isinstance(value, list) or not value or not all(map(is_item, value)):
        return False
    return len(value) == 1 or len(set(value)) == len(value)


def _is_globs(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_line, value))


def _is_account(value: Any) -> bool:
    if not isinstance(value, PositionedDict) or value.keys() - _ACCOUNT_KEYS or "id" not in value:
        return False
    return all(_ACCOUNT[key](part) for key, part in value.items())


def _is_scope(value: Any) -> bool:
    if not isinstance(value, PositionedDict) or not value or value.keys() - _SCOPE_KEYS:
        return False
    return all(map(_is_plain_rest, value.keys(), value.values())) and _is_plain_place(value)


def _is_per_hour(value: Any) -> bool:
    return type(value) is int and 10 <= value <= 1_000_000


def _is_limits(value: Any) -> bool:
    return isinstance(value, PositionedDict) and all(
        key in _LIMITS and type(number) is int and 0 <= number <= _LIMITS[key]
        for key, number in value.items()
    )


def _is_warnings(value: Any) -> bool:
    if not isinstance(value, PositionedDict) or value.keys() - {"ignore"}:
        return False
    muted = value.get("ignore", PositionedDict())
    return isinstance(muted, PositionedDict) and all(
        _is_line(reason) and not reason.isspace() for reason in muted.values()
    )


def _each(is_value: Any) -> Any:
    return lambda part: (
        isinstance(part, PositionedDict)
        and all(map(_is_handle, part))
        and all(map(is_value, part.values()))
    )


_HEAD: dict[str, Any] = {
    "version": lambda _value: True,
    "gateway": lambda value: value in ("maton", "callrail"),
    "accounts": lambda value: bool(value) and _each(_is_account)(value),
    "warnings": _is_warnings,
    "scopes": _each(_is_scope),
    "tags": lambda value: isinstance(value, list),
}

_ACCOUNT: dict[str, Any] = {
    "id": lambda value: isinstance(value, str) and _ID(value) is not None,
    "connection": lambda value: isinstance(value, str) and _ID(value) is not None,
    "api_key_env": lambda value: isinstance(value, str) and _VARIABLE(value) is not None,
    "unmanaged": lambda value: isinstance(value, str) and value in _UNMANAGED,
    "protect": _is_globs,
    "ignore": _is_globs,
    "limits": _is_limits,
    "requests_per_hour": _is_per_hour,
    "trash": lambda value: isinstance(value, str) and _TRASH(value) is not None,
}
