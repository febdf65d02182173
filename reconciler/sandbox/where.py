"""The conditions of a query, as the parameters of a request add them up."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.sandbox.answers import Asked, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Where:
    """The conditions of a query, and their parameters."""

    clauses: list[str] = field(default_factory=list)
    parameters: dict[str, object] = field(default_factory=dict)

    def add(self, clause: str, **parameters: object) -> None:
        """Narrow it by one more condition."""
        self.clauses.append(clause)
        self.parameters.update(parameters)

    def equal(self, asked: Asked, **columns: str) -> None:
        """Narrow it by the parameters that are given: parameter -> column."""
        for name, column in columns.items():
            if asked.one(name):
                self.add(f"{column} = :{name}", **{name: asked.query[name]})
            several = asked.many(f"{name}[]")
            if several:
                key = f"{name}_list"
                listed = f"(SELECT value FROM json_each(:{key}))"  # noqa: S608 - names are ours
                self.add(f"{column} IN {listed}", **{key: json.dumps(several)})

    def choice(self, asked: Asked, name: str, choices: Mapping[str, str]) -> None:
        """Narrow it by a parameter that takes one of ``choices``; raises Refusal for others."""
        value = asked.one(name)
        if value is None:
            return
        if value not in choices:
            raise Refusal(400, f"{name} is not one of those possible")
        self.add(f"({choices[value]})")

    def number(self, asked: Asked, name: str, compared: str) -> None:
        """Narrow it by a parameter that ``compared`` is followed by; raises Refusal for text."""
        value = asked.one(name)
        if value is None:
            return
        if not re.fullmatch("[0-9]{1,9}", value):
            raise Refusal(400, f"{name} must be a number")
        self.add(f"{compared} :{name}", **{name: int(value)})

    def containing(self, text: str | None, *columns: str) -> None:
        """Narrow it to rows one of whose columns holds ``text``, in any case."""
        if text:
            parts = [f"instr(lower(coalesce({column}, '')), :text)" for column in columns]
            self.add(f"({' OR '.join(parts)})", text=text.lower())

    def __str__(self) -> str:
        """The condition in SQL."""
        return " AND ".join(self.clauses)
