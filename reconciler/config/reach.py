"""Whether a block reaches a company, and by which line."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.selectors import CompanyIndex
from reconciler.text.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.config.configuration import Entry
    from reconciler.config.values import Origin
    from reconciler.model.problem import Source
    from reconciler.model.tag import Company


class Reached(Enum):
    """What a block says of a company."""

    SELECTED = auto()
    DISABLED = auto()
    """It would be, if the company were active."""
    EXCEPTED = auto()
    NOT_SELECTED = auto()


class Reach(NamedTuple):
    """The answer, and the ``pattern`` that gives it at ``source``; of NOT_SELECTED the nearest one.

    ``pattern`` None: ``companies: all``, or none is near.
    """

    reached: Reached
    source: Source
    pattern: str | None = None


def reach(entry: Entry, company: Company) -> Reach:
    """Whether ``entry``, a block of company level, reaches ``company``."""
    index = CompanyIndex((company,))
    own = entry.place.at("companies").source

    def means(pattern: str) -> bool:
        return bool(index.matches(pattern) if company.active else index.matches_disabled(pattern))

    for origin in _patterns(entry, "except"):
        if means(origin.value):
            return Reach(Reached.EXCEPTED, origin.source, origin.value)
    reached = Reached.SELECTED if company.active else Reached.DISABLED
    if entry.selector is not None and entry.selector.include is None:
        return Reach(reached, own)
    patterns = list(_patterns(entry, "companies"))
    for origin in patterns:
        if means(origin.value):
            return Reach(reached, origin.source, origin.value)
    near = nearest(company.name, (origin.value.replace("*", "") for origin in patterns))
    found = next((one for one in patterns if one.value.replace("*", "") in near), None)
    if found is None:
        return Reach(Reached.NOT_SELECTED, own)
    return Reach(Reached.NOT_SELECTED, found.source, found.value)


def _patterns(entry: Entry, key: str) -> Iterator[Origin]:
    """The patterns of ``companies`` or ``except``, where it is a list."""
    if key in entry.place.value and entry.place.value[key] != "all":
        for origin in entry.place.at(key).each():
            yield origin.at("company") if isinstance(origin.value, dict) else origin
