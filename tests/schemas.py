"""Whether a document is what its published schema says."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.schema import load_schema


def validate(document: Any, name: str) -> None:
    """Fail unless ``document`` is one of the schema ``name``."""
    _validator(name).validate(document)


@cache
def _validator(name: str) -> Draft202012Validator:
    # Whether the schema is one itself takes longer than a document; a test of its own asks.
    return Draft202012Validator(load_schema(name))
