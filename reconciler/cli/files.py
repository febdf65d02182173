"""Files that a run reads and writes: whole or not at all, and known to be writable beforehand.

What is written names companies, callers and tags: it is the owner's to read (mode 0600), whatever
the umask; who publishes a report sets another mode.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from reconciler.errors import DocumentError, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.cli.console import Console

T = TypeVar("T")

_PRIVATE: Final = 0o600


def read_document(path: str, load: Callable[[str], T]) -> T:
    """What ``load`` makes of the document at ``path``; its DocumentError names the path."""
    text = _read_file(path)
    try:
        return load(text)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error.message}", hint=error.hint) from None


def expect_writable(paths: Iterable[str]) -> None:
    """Raise UsageError for a path that can't be written: before the run, while nothing is lost."""
    for path in paths:
        target = Path(path)
        if not _is_special(target) and _leaves(target):
            raise UsageError(
                f"{path} can't be written: a symbolic link leads out of its folder",
                hint="Name the real place, or remove the link: it may have come with a checkout.",
            )
        directory = target.resolve().parent
        if target.is_dir():
            raise UsageError(f"{path} can't be written: it is a directory")
        if not directory.is_dir():
            raise UsageError(f"{path} can't be written: there is no directory {directory}")
        if not os.access(target if _is_special(target) else directory, os.W_OK):
            raise UsageError(f"{path} can't be written: permission denied")


def write_file(path: str, text: str | Iterable[str], console: Console) -> None:
    """Write ``text``, or its parts, to ``path`` whole or not at all.

    Raises OutputError where it can't be, and what making the parts raises.
    """
    parts = map(console.redactor.redact, [text] if isinstance(text, str) else text)
    target = Path(path)
    try:
        if _is_special(target):
            with target.open("w", encoding="utf-8") as stream:
                stream.writelines(parts)
        elif _leaves(target):
            raise OutputError(f"{path} can't be written: a symbolic link leads out of its folder")
        else:
            _replace(target.resolve(), parts)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}") from None


def remove_older_plan(path: str, *, keep: str | None = None) -> None:
    """Remove a saved plan that stands at ``path``; raises OutputError where it can't be.

    Done before a run that would write another: whatever becomes of the run, nobody applies the old
    one for its result. ``keep`` is a file that the run still has to read. What does not begin as a
    JSON object is no plan: it stays until there is one to put in its place.
    """
    if _leaves(Path(path)):
        return
    target = Path(path).resolve()
    try:
        if not target.is_file() or (keep is not None and _same(target, Path(keep))):
            return
        with target.open("rb") as stream:
            is_object = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        if is_object:
            target.unlink()
    except OSError as error:
        raise OutputError(f"{path} can't be removed: {error.strerror}") from None


def _leaves(target: Path) -> bool:
    """Whether links on the way to ``target`` lead to where it is not as it is written.

    Out of the current folder for what is in it (a checkout, any part of which may be a link), else
    out of the folder that it is in.
    """
    try:
        here = Path.cwd()
        written = Path(os.path.normpath(here / target))
        inside = written.is_relative_to(here) and here != Path(here.anchor)
        folder = here if inside else written.parent
        there = target.resolve()
        # What is still a link leads to itself; older Pythons raise instead.
        return there.is_symlink() or not there.is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _replace(target: Path, parts: Iterable[str]) -> None:
    scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        scratch.unlink(missing_ok=True)
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.writelines(parts)
        scratch.replace(target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _is_special(target: Path) -> bool:
    """Whether it is a device or a pipe, which must be written to and not be replaced by a file.

    /dev/stdout may lead to a file, but to one that is open already.
    """
    return target.is_relative_to("/dev") or (target.exists() and not target.is_file())


def _read_file(path: str) -> str:
    """The text of a document, UTF-8 of bounded size; raises DocumentError where it can't be."""
    from reconciler.document.reading import LARGEST

    try:
        with Path(path).open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no usable path"
        raise DocumentError(f"{path} can't be read: {reason}") from None
    if len(data) > LARGEST:
        raise DocumentError(
            f"{path} is larger than {LARGEST >> 20} MiB, which is as much as is read",
            hint="Is it the right file? Plans of fewer accounts or companies are smaller.",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8 text") from None
