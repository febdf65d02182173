"""JSON, strictly: what is not plain JSON is named, never guessed at."""

from __future__ import annotations

import json
from typing import NoReturn

from reconciler.text.visible import cut

_SHOWN = 80


class NotJSONError(ValueError):
    """Why a text can't be used; ``malformed``: it is not JSON at all, ``why`` and where."""

    def __init__(self, why: str, *, malformed: bool = False) -> None:
        super().__init__(f"it is not JSON: {why}" if malformed else why)
        self.why = why
        self.malformed = malformed


def parse_json(text: str, *, fractions: bool = True) -> object:
    """The value of ``text``, which may begin with a byte order mark.

    Raises NotJSONError for all that readers differ on: a field that stands twice in one object,
    NaN and Infinity (without ``fractions``, any number that is not whole), numbers too long,
    nesting too deep.
    """
    try:
        return json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=float if fractions else _no_number,
        )
    except NotJSONError:
        raise
    except RecursionError:
        raise NotJSONError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise NotJSONError(f"{error.msg} in line {error.lineno}", malformed=True) from None
    except ValueError:  # int()'s limit on digits
        raise NotJSONError("it holds a number that is too long") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise NotJSONError(f"the field {cut(twice, _SHOWN)!r} stands twice in one object")
    return fields


def _no_number(literal: str) -> NoReturn:
    raise NotJSONError(f"{cut(literal, _SHOWN)} is not a whole number")
