"""What differs between a tag as it is and as it shall be (the only importer of deepdiff).

deepdiff takes some 100 us a pair and 60 ms to import, so it sees only pairs that are known to
differ, each kind of difference once: a recolour is one comparison in however many tags.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.model.tag import FIELDS, completed

if TYPE_CHECKING:
    from reconciler.model.tag import Tag


def changed_fields(before: Tag, after: Tag) -> tuple[str, ...]:
    """What :func:`reconciler.model.tag.differing` says, as deepdiff finds it."""
    after = completed(before, after)
    if before == after:
        return ()
    if before.name == after.name:
        before, after = replace(before, name=""), replace(after, name="")
    return _differing(before, after)


@lru_cache(maxsize=4096)
def _differing(before: Tag, after: Tag) -> tuple[str, ...]:
    from deepdiff import DeepDiff  # noqa: PLC0415 - slow to import, and needed only for changes

    touched = DeepDiff(_plain(before), _plain(after)).affected_root_keys
    return tuple(name for name in FIELDS if name in touched)


def _plain(tag: Tag) -> dict[str, str | None]:
    return {"name": tag.name, "color": tag.color, "status": tag.status.value}
