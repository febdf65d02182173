"""The configuration: YAML files become a checked Configuration, and with the companies a Desired.

What belongs here: the language, its positions and diagnostics, selectors. What does not: HTTP,
comparing with live state, drawing diagnostics for people, the way back from live state to text
(:mod:`reconciler.export`). The yaml library stays in :mod:`reconciler.config.source`; it and
jsonschema are imported only when a file is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config.configuration import Configuration, Entry, Selector

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from reconciler.model.problem import Mark, Source

__all__ = ["Configuration", "Entry", "Selector", "load", "load_base", "load_text", "mark_of"]


def load(paths: Sequence[Path]) -> Configuration:
    """See :func:`reconciler.config.loading.load`; this way the YAML parser is imported late."""
    from reconciler.config.loading import load as load_now  # noqa: PLC0415 - 30 ms off --help

    return load_now(paths)


def load_base(
    paths: Sequence[Path], ref: str, environ: Mapping[str, str]
) -> tuple[str, Configuration]:
    """See :func:`reconciler.config.loading.load_base`."""
    from reconciler.config.loading import load_base as load_now  # noqa: PLC0415 - beside load

    return load_now(paths, ref, environ)


def load_text(content: str, file: str) -> Configuration:
    """See :func:`reconciler.config.loading.load_text`."""
    from reconciler.config.loading import load_text as load_now  # noqa: PLC0415 - beside load

    return load_now(content, file)


def mark_of(source: Source, files: Collection[str]) -> Mark:
    """See :func:`reconciler.config.files.mark_of`."""
    from reconciler.config.files import mark_of as mark_now  # noqa: PLC0415 - beside load

    return mark_now(source, files)
