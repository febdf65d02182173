"""What published JSON Schemas say about a document, in words that say what to write.

The only importer of jsonschema. Beside the standard keywords the schemas may carry
``errorMessage`` and ``patternErrorMessage``, which editors show too, and three of our own:
``x-kind`` (the problem's kind), ``x-hint`` (what to write) and ``x-at`` (the key to point at).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.text.nearest import nearest
from reconciler.text.plural import listed
from reconciler.text.quote import LONGEST
from reconciler.text.visible import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_PROBLEMS = 1_000
"""Found in one document at most: nobody reads more, and a hostile one may hold millions."""

SCHEMAS = (
    "config",
    "plan",
    "snapshot",
    "diff",
    "report",
    "audit",
    "explanation",
    "problems",
    "error",
    "notice",
)

_PACKAGE = Path(__file__).parent
_HOMES = (_PACKAGE / "_schemas", _PACKAGE.parent / "schemas")
"""In a wheel, and in a checkout."""

_TYPES = {
    "object": "a mapping (`key: value`)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaProblem:
    """One thing that is wrong: ``path`` leads to the value, ``key`` names the key at fault in it.

    ``kind`` is the schema's ``x-kind``, or one of missing, unknown, type, value, form, length.
    """

    path: tuple[str | int, ...]
    kind: str
    message: str
    hint: str | None = None
    key: str | None = None


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The published schema ``name``, one of SCHEMAS; KeyError for any other."""
    if name in SCHEMAS:
        for home in _HOMES:
            path = home / f"{name}.schema.json"
            if path.is_file():
                schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                return schema
    raise KeyError(name)


def problems(schema_name: str, document: object) -> list[SchemaProblem]:
    """What the schema ``schema_name`` finds wrong with ``document``, in its order, each once.

    At most MOST_PROBLEMS are looked for.
    """
    errors = _validator(schema_name).iter_errors(document)
    every = (problem for error in errors for problem in _problems_of(_best(error)))
    return list(dict.fromkeys(islice(every, MOST_PROBLEMS)))


def shown(value: object) -> str:
    """A value as a message shows it: short, on one line, the way JSON writes it."""
    if isinstance(value, dict | list):
        return _TYPES["object" if isinstance(value, dict) else "array"]
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return cut(text, LONGEST)


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 60 ms that a valid file is spared
    from jsonschema.validators import extend  # noqa: PLC0415

    kind = extend(  # type: ignore[no-untyped-call]  # the stubs lack it
        Draft202012Validator, {"pattern": _check_pattern, "uniqueItems": _check_unique}
    )
    return kind(load_schema(name))


def _check_pattern(
    _validator: Any, pattern: str, instance: object, _schema: object
) -> Iterator[Any]:
    """``pattern`` as the standard means it: Python's ``$`` also matches before a last newline."""
    from jsonschema import ValidationError  # noqa: PLC0415 - see _validator

    if isinstance(instance, str) and not _search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _check_unique(
    _validator: Any, is_asked: object, instance: object, _schema: object
) -> Iterator[Any]:
    """``uniqueItems`` in linear time: the library compares each with each where types are mixed."""
    from jsonschema import ValidationError  # noqa: PLC0415 - see _validator

    if is_asked and isinstance(instance, list) and _first_duplicate(instance) is not None:
        yield ValidationError("an item is there twice")


def _first_duplicate(items: list[Any]) -> object:
    """The first item that equals one before it; None when there is none."""
    seen: set[str] = set()
    for item in items:
        text = json.dumps(item, sort_keys=True)
        if text in seen:
            return {} if item is None else item
        seen.add(text)
    return None


@cache
def _compiled(pattern: str) -> Callable[[str], object]:
    import re  # noqa: PLC0415 - beside its only use

    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern).search


def _search(pattern: str, text: str) -> bool:
    return _compiled(pattern)(text) is not None


def _best(error: Any) -> Any:
    """Of an ``anyOf`` or ``oneOf``, the branch that comes nearest to the document."""
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - see _validator

    has_own_message = isinstance(error.schema, dict) and "errorMessage" in error.schema
    if error.validator not in ("anyOf", "oneOf") or has_own_message:
        return error
    return best_match([error]) or error


def _problems_of(error: Any) -> Iterator[SchemaProblem]:
    path = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    name = "the key" if _key_named(error) is not None else _name(path)
    own = _own_words(error, schema)
    if own is not None:
        yield SchemaProblem(
            path=path,
            kind=schema.get("x-kind") or _KINDS.get(error.validator, "form"),
            message=own,
            hint=schema.get("x-hint"),
            key=schema.get("x-at") or _key_named(error),
        )
        return
    handler = _HANDLERS.get(error.validator)
    if handler is None:
        yield SchemaProblem(path=path, kind="form", message=f"{name} is not as it must be")
        return
    for kind, message, hint, key in handler(error, name):
        yield SchemaProblem(
            path=path,
            kind=kind,
            message=message,
            hint=hint or schema.get("x-hint"),
            key=key or _key_named(error),
        )


def _key_named(error: Any) -> str | None:
    """The key itself where ``propertyNames`` refuses it: the library's path ends above it."""
    return str(error.instance) if "propertyNames" in error.absolute_schema_path else None


def _own_words(error: Any, schema: dict[str, Any]) -> str | None:
    """The schema's own message, where it speaks of this failure and not of a wrong type."""
    if error.validator == "pattern" and "patternErrorMessage" in schema:
        return str(schema["patternErrorMessage"])
    if error.validator == "type" or "errorMessage" not in schema:
        return None
    return str(schema["errorMessage"])


_KINDS = {"pattern": "form", "const": "value", "enum": "value", "required": "missing"}

_Message = tuple[str, str, str | None, str | None]
"""Kind, message, hint, key."""


def _required(error: Any, _name: str) -> Iterator[_Message]:
    for key in error.validator_value:
        if key not in error.instance:
            wanted = error.schema.get("properties", {}).get(key, {})
            hint = f"Add `{key}:`. {wanted.get('description', '')}".strip()
            if "const" in wanted:
                hint = f"Add `{key}: {shown(wanted['const'])}`."
            yield "missing", f"`{key}` is missing", hint, None


def _unknown(error: Any, _name: str) -> Iterator[_Message]:
    properties = error.schema.get("properties", {})
    known = [one for one, schema in properties.items() if not schema.get("deprecated")]
    for key in error.instance:
        if key in properties:
            continue
        near = nearest(str(key), known)
        left = [one for one in known if one not in error.instance] or known
        hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(left)}."
        yield "unknown", f"the key {shown(key)} is not known here", hint, str(key)


def _type(error: Any, name: str) -> Iterator[_Message]:
    wanted = error.validator_value
    names = [wanted] if isinstance(wanted, str) else wanted
    needed = " or ".join(_TYPES[one] for one in names)
    yield "type", f"{name} must be {needed}, not {_type_name(error.instance)}", _range(error), None


def _enum(error: Any, name: str) -> Iterator[_Message]:
    words = [str(one) for one in error.validator_value if one is not None]
    value = error.instance
    near = nearest(value, words, least=0.65) if isinstance(value, str) else ()
    allowed = listed([f"`{one}`" for one in words], last="or", most=len(words))
    hint = f"Did you mean `{near[0]}`?" if near else f"Write {allowed}."
    yield "value", f"{name} can't be {shown(value)}; it is {allowed}", hint, None


def _const(error: Any, name: str) -> Iterator[_Message]:
    needed = shown(error.validator_value)
    yield "value", f"{name} must be {needed}, not {shown(error.instance)}", None, None


def _pattern(error: Any, name: str) -> Iterator[_Message]:
    yield "form", f"{name} can't be {shown(error.instance)}", None, None


def _too_short(error: Any, name: str) -> Iterator[_Message]:
    least = error.validator_value
    message = f"{name} is empty" if least == 1 else f"{name} needs at least {least}"
    what = "item" if name.startswith("an item") else "key"
    hint = None if "x-hint" in error.schema else f"Write what is meant, or delete the {what}."
    yield "length", message, hint, None


def _too_long(error: Any, name: str) -> Iterator[_Message]:
    unit = "characters" if error.validator == "maxLength" else "items"
    message = f"{name} has {len(error.instance):,} {unit}; {error.validator_value:,} are allowed"
    yield "length", message, None, None


def _number(error: Any, name: str) -> Iterator[_Message]:
    bound = "least" if error.validator == "minimum" else "most"
    message = f"{name} is {shown(error.instance)}; it is at {bound} {error.validator_value:,}"
    yield "value", message, _range(error), None


def _range(error: Any) -> str | None:
    low, high = error.schema.get("minimum"), error.schema.get("maximum")
    return None if None in (low, high) else f"Write a number from {low} to {high:,}."


def _twice(error: Any, name: str) -> Iterator[_Message]:
    twice = _first_duplicate(error.instance)
    yield "length", f"{name} names {shown(twice)} twice", "Delete one of them.", None


_HANDLERS: dict[str, Callable[[Any, str], Iterator[_Message]]] = {
    "required": _required,
    "additionalProperties": _unknown,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _too_short,
    "minItems": _too_short,
    "minProperties": _too_short,
    "maxLength": _too_long,
    "maxItems": _too_long,
    "minimum": _number,
    "maximum": _number,
    "uniqueItems": _twice,
}


def _name(path: tuple[str | int, ...]) -> str:
    """What to call the value at ``path``: its key, or an item of it."""
    if not path:
        return "the document"
    last = path[-1]
    if isinstance(last, int):
        owner = next((one for one in reversed(path) if isinstance(one, str)), "the list")
        return f"an item of `{owner}`"
    return f"`{last}`"


def _type_name(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the boolean {shown(value)}"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    return shown(value) if isinstance(value, dict | list) else f"the text {shown(value)}"
