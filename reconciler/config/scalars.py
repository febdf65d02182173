"""Plain scalars as YAML 1.2's core schema reads them, where YAML 1.1 differs most."""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

RESOLVED_BY_PATTERN = frozenset(("", *"-+.0123456789~nNtTfF"))
"""First characters of everything in the core schema that is not a string."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_INTEGER = 100
"""Python refuses to read integers of thousands of digits; nothing here needs even twenty."""


def resolve(text: str) -> Scalar:
    """What the plain scalar ``text`` means: https://yaml.org/spec/1.2.2/#103-core-schema."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0].isalpha():
        return text
    if _INTEGER.fullmatch(text) and len(text) <= _LONGEST_INTEGER:
        # int(text, 0) knows the prefixes but refuses leading zeros, which the core schema allows.
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1))
    return float("inf") if _INTEGER.fullmatch(text) else text
