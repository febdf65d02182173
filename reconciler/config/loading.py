"""Files in, a checked configuration out: reading, parsing, schema, merging, meaning."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.config.build import build
from reconciler.config.check import Checked, check
from reconciler.config.codes import Code
from reconciler.config.collector import Collector
from reconciler.config.configuration import Configuration
from reconciler.config.exemptions import read_exemptions
from reconciler.config.files import read_all
from reconciler.config.semantics import check_semantics
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.config.values import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


def load(paths: Sequence[Path]) -> Configuration:
    """Read and check the files and directories ``paths``.

    Every problem of every file is found before ConfigError is raised with all of them, warnings
    too. Nothing is read but these files; what needs the companies is left to
    :meth:`Configuration.resolve`.
    """
    problems = Collector()
    with _no_garbage_collection():
        return _configuration(read_all(paths, problems), problems)


def load_base(
    paths: Sequence[Path], ref: str, environ: Mapping[str, str]
) -> tuple[str, Configuration]:
    """The commit at which HEAD left ``ref``, and what the same ``paths`` declare there.

    ``environ`` is where git is found. A commit without these files declares nothing. Raises
    ConfigError as :func:`load` does, and RevisionError where git can't say what is there.
    """
    from reconciler.config.revision import read_revision  # noqa: PLC0415 - git is rarely asked

    problems = Collector()
    with _no_garbage_collection():
        commit, texts = read_revision(paths, ref, environ, problems)
        if not texts:
            problems.raise_if_failed()
            return commit, Configuration()
        return commit, _configuration(texts, problems)


def load_text(content: str, file: str) -> Configuration:
    """Check a configuration that stands in no file yet; ``file`` is what its problems call it."""
    problems = Collector((file,))
    return _configuration([Text(file, content)], problems)


def _configuration(texts: Sequence[Text], problems: Collector) -> Configuration:
    all_read = not problems.failed
    documents = [one for text in texts if (one := _read(text, problems)) is not None]
    complete = all_read and len(documents) == len(texts)
    complete = complete and all(document.is_whole for document in documents)
    parts = build(documents, problems, complete=complete)
    check_semantics(parts.entries, parts.accounts, problems)
    exemptions = read_exemptions(parts.entries, problems)
    problems.raise_if_failed()
    return Configuration(
        gateway=parts.gateway,
        accounts=tuple(parts.accounts[handle] for handle in sorted(parts.accounts)),
        entries=tuple(parts.entries),
        warnings=problems.ordered(),
        files=tuple(text.file for text in texts),
        muted=parts.muted,
        exemptions=exemptions,
    )


def _read(text: Text, problems: Collector) -> Checked | None:
    before = problems.count
    document = parse(text, problems)
    if document is not None and document.value is not None:
        return check(document, problems)
    if problems.count == before:
        problems.error(
            Code.EMPTY_FILE,
            "the file holds nothing",
            text.mark(span(0, 1)),
            hint="Write `version: 1`, accounts and tags, or delete the file.",
        )
    return None


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Hundreds of thousands of values are made and none of them is in a cycle.

    The collector would walk all of them again and again, for a third of the time. At the end they
    go to the oldest generation at once (what freezing and thawing does, without looking at any), or
    it would still walk them all the moment that it is let loose.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
