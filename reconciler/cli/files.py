"""Files that a run reads and writes: whole or not at all, and known to be writable beforehand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.errors import DocumentError, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.cli.console import Console

_LARGEST: Final = 256 << 20


def read_file(path: str) -> str:
    """The text of ``path``, at most 256 MiB of UTF-8; raises DocumentError where it can't be."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise DocumentError(f"{path} can't be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise DocumentError(f"{path} is larger than {_LARGEST >> 20} MiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8 text") from None


def expect_writable(paths: Iterable[str]) -> None:
    """Raise UsageError for a path that can't be written: before the run, while nothing is lost."""
    for path in paths:
        target = Path(path)
        directory = target.resolve().parent
        if target.is_dir():
            raise UsageError(f"{path} can't be written: it is a directory")
        if not directory.is_dir():
            raise UsageError(f"{path} can't be written: there is no directory {directory}")
        if not os.access(target if _is_special(target) else directory, os.W_OK):
            raise UsageError(f"{path} can't be written: permission denied")


def write_file(path: str, text: str, console: Console) -> None:
    """Write ``text`` to ``path`` whole or not at all; raises OutputError where it can't be."""
    text = console.redactor.redact(text)
    target = Path(path)
    try:
        if _is_special(target):
            target.write_text(text, encoding="utf-8")
        else:
            _replace(target.resolve(), text)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}") from None


def _replace(target: Path, text: str) -> None:
    scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(target)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise


def _is_special(target: Path) -> bool:
    """Whether it is a device or a pipe, which must be written to and not be replaced by a file.

    /dev/stdout may lead to a file, but to one that is open already.
    """
    return target.is_relative_to("/dev") or (target.exists() and not target.is_file())
