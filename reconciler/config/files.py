"""Which files make up a configuration, and their text.

A configuration may come with a pull request, and a run shows lines of the files that it reads. So
no file is read that is not one of the configuration: its name ends in .yaml or .yml, and no
symbolic link leads to it from outside its folder, or to a file that is hidden or of another name
(.git/config and .env stand in the folder too).
"""

from __future__ import annotations

import errno
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.codes import Code
from reconciler.config.collector import Collector
from reconciler.config.text import Text
from reconciler.config.values import span
from reconciler.model.problem import Mark, Source
from reconciler.text.nearest import did_you_mean
from reconciler.text.visible import NOT_IN_A_FILE, escaped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import PurePath

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_SUM = 50 * 1024 * 1024
MOST_FILES = 10_000

SUFFIXES = (".yaml", ".yml")
"""How the name of a configuration file ends, in small letters."""
_WIDE_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_SHOWN_CHARACTERS = 20
"""How many forbidden characters of one file are reported, one by one."""


def read_all(paths: Sequence[Path], problems: Collector) -> list[Text]:
    """The text of every file that ``paths`` names, directories walked, each file once.

    What can't be read, or may not be, is noted in ``problems`` and left out.
    """
    texts: list[Text] = []
    total = 0
    for path in _once(_files(paths, problems)):
        problems.files.append(path.as_posix())
        if len(texts) >= MOST_FILES or total > LARGEST_SUM:
            problems.error(
                Code.TOO_LARGE,
                f"the configuration is over {MOST_FILES:,} files or {LARGEST_SUM >> 20} MiB in all",
                _whole(path),
                hint="Point --config at the directory that holds the configuration and no other.",
            )
            break
        data = _read(path, problems)
        total += len(data or b"")
        text = None if data is None else decode(path.as_posix(), data, problems)
        if text is not None:
            texts.append(text)
    return texts


def mark_of(source: Source, files: Collection[str]) -> Mark:
    """The line that ``source`` speaks of, read again; without its text when it can't be.

    ``files`` are those of the configuration that this run has loaded: a saved plan may name any
    file, and no other one is read. For what is found out late, such as a colour that the server
    refused. The file may have changed since; the place stays what it was.
    """
    if source.file not in files:
        return Mark(source)
    path = Path(source.file)
    try:
        status = path.stat()
    except (OSError, ValueError):
        return Mark(source)
    text = _text_again(path, (status.st_mtime_ns, status.st_size, status.st_ino))
    index = None if text is None else text.index(source)
    return Mark(source) if text is None or index is None else text.mark(span(index, index))


@lru_cache(maxsize=1)
def _text_again(path: Path, _stamp: tuple[int, ...]) -> Text | None:
    """The text of ``path``, read once for a thousand marks into it."""
    quiet = Collector()
    data = _read(path, quiet)
    return None if data is None else decode(path.as_posix(), data, quiet)


def _files(paths: Sequence[Path], problems: Collector) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            if _is_configuration(path, problems):
                yield path
            continue
        if _leaves(path, _anchor(path), problems):
            continue
        found, before = False, problems.count
        for file in _walk(path, path.resolve(), set(), problems):
            found = True
            yield file
        if not found and problems.count == before:
            problems.error(
                Code.NO_FILES,
                f"no *.yaml or *.yml file below {path.as_posix()}",
                _whole(path),
                hint="Put the configuration there, or run `reconciler init` for a first one.",
            )


def _is_configuration(path: Path, problems: Collector) -> bool:
    """Whether a file that was named may be read; what is not there is found out by reading it."""
    if not os.path.lexists(path):
        return True
    if path.suffix.lower() not in SUFFIXES:
        problems.error(
            Code.UNREADABLE,
            "not read: the name of a configuration file ends in .yaml or .yml",
            _whole(path),
            hint="Name a file or a directory of the configuration; give others such a name first.",
        )
        return False
    if _leaves(path.parent, _anchor(path.parent), problems):
        return False
    return not _leaves(path, path.parent.resolve(), problems)


def _anchor(path: Path) -> Path:
    """The real folder that links on the way to ``path`` may not leave.

    The current one for what is in it as it is written (a checkout, any part of which may be a
    link), else the one that ``path`` is in: the way there was named by whoever runs this. The root,
    where containers start, holds everything and fences nothing.
    """
    here, written = Path.cwd(), _written(path)
    inside = written.is_relative_to(here) and here != Path(here.anchor)
    return here.resolve() if inside else written.parent.resolve()


def _written(path: Path) -> Path:
    """``path`` from the root, as it reads: no link is followed."""
    return Path(os.path.normpath(Path.cwd() / path))


def _leaves(path: Path, folder: Path, problems: Collector) -> bool:
    """Whether ``path`` leads out of ``folder`` (a real one), or to what is no configuration there.

    Noted in ``problems`` where it does.
    """
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        return False  # a loop of links: reading it says so
    written = _written(path)
    linked = real != written.parent.resolve() / written.name
    if real.is_relative_to(folder) and not (
        linked and is_foreign(real.relative_to(folder), is_directory=real.is_dir())
    ):
        return False
    problems.error(
        Code.UNREADABLE,
        "not read: a symbolic link leads out of the configuration's folder, or to what is no "
        "*.yaml or *.yml file in it",
        _whole(path),
        hint="Put the file itself there, or name its real place with --config.",
    )
    return True


def is_foreign(inside: PurePath, *, is_directory: bool) -> bool:
    """Whether a link leads to what would not be read without it, ``inside`` its folder.

    Kubernetes mounts files as links to ``..data/NAME``: two dots hide nothing.
    """
    hidden = any(part.startswith(".") and not part.startswith("..") for part in inside.parts)
    return hidden or not (inside.suffix.lower() in SUFFIXES or is_directory)


def _walk(
    directory: Path, folder: Path, seen: set[tuple[int, int]], problems: Collector
) -> Iterator[Path]:
    """Files below ``directory``, sorted, hidden ones left out; a directory is entered once.

    That makes loops of symbolic links harmless. None of them may lead out of ``folder``.
    """
    try:
        status = directory.stat()
        names = sorted(entry.name for entry in os.scandir(directory))
    except OSError:
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for name in names:
        path = directory / name
        if name.startswith("."):
            continue
        is_directory = path.is_dir()
        if not is_directory and path.suffix.lower() not in SUFFIXES:
            continue
        if path.is_symlink() and _leaves(path, folder, problems):
            continue
        if is_directory:
            yield from _walk(path, folder, seen, problems)
        else:
            yield path


def _once(paths: Iterator[Path]) -> Iterator[Path]:
    seen: set[tuple[int, int] | Path] = set()
    for path in paths:
        try:
            status = path.stat()
        except (OSError, ValueError):
            key: tuple[int, int] | Path = path
        else:
            # Windows gives files without an inode number.
            key = (status.st_dev, status.st_ino) if status.st_ino else path.resolve()
        if key not in seen:
            seen.add(key)
            yield path


def _read(path: Path, problems: Collector) -> bytes | None:
    """The bytes of a regular file of bounded size; no name of a pipe or device can block this."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        _report_unreadable(path, error, problems)
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            problems.error(
                Code.UNREADABLE,
                "not a regular file",
                _whole(path),
                hint="A configuration is read from files and directories only.",
            )
            return None
        try:
            data = stream.read(LARGEST_FILE + 1)
        except OSError as error:
            _report_unreadable(path, error, problems)
            return None
    if len(data) > LARGEST_FILE:
        problems.error(
            Code.TOO_LARGE,
            f"the file is over {LARGEST_FILE >> 20} MiB",
            _whole(path),
            hint="Split it into several files; they are merged.",
        )
        return None
    return data


def _report_unreadable(path: Path, error: OSError | ValueError, problems: Collector) -> None:
    if not isinstance(error, OSError) or error.errno not in (errno.ENOENT, errno.ENOTDIR):
        reason = getattr(error, "strerror", None) or str(error)
        problems.error(Code.UNREADABLE, f"can't be read: {reason}", _whole(path))
        return
    near = None
    if path.parent.is_dir():
        siblings = (one for one in _names(path.parent) if one.endswith(SUFFIXES))
        near = did_you_mean(path.name, siblings)
    problems.error(
        Code.MISSING,
        f"there is no {path.as_posix()}",
        _whole(path),
        hint=near or "Run `reconciler init` to write a first one, or name another with --config.",
    )


def _names(directory: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(directory))
    except OSError:
        return []


def decode(file: str, data: bytes, problems: Collector) -> Text | None:
    """What ``data`` of ``file`` says; None where it is no clean UTF-8, noted in ``problems``."""
    for start, name in _WIDE_MARKS.items():
        if data.startswith(start):
            _report_encoding(
                file, f"the file is {name}, not UTF-8", Mark(Source(file, 1)), problems
            )
            return None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        content = data.decode()
    except UnicodeDecodeError as error:
        mark = _byte_mark(file, data, error.start)
        _report_encoding(file, f"byte 0x{data[error.start]:02x} is not UTF-8", mark, problems)
        return None
    if "\x00" in content[:4]:
        _report_encoding(file, "the file looks like UTF-16", Mark(Source(file, 1)), problems)
        return None
    text = Text(file, content)
    return text if _has_clean_characters(text, problems) else None


def _report_encoding(file: str, message: str, mark: Mark, problems: Collector) -> None:
    problems.error(Code.ENCODING, message, mark, hint=f"Save {file} as UTF-8.")


def _byte_mark(file: str, data: bytes, position: int) -> Mark:
    before = data[:position].decode(errors="replace")
    text = Text(file, before + data[position:].decode(errors="replace"))
    return text.mark(span(len(before), len(before) + 1))


def _has_clean_characters(text: Text, problems: Collector) -> bool:
    """Refuse what a reviewer can't see: it may make a line read as something else than it is."""
    if text.content.isascii() and text.content.isprintable():
        return True
    clean = True
    for count, found in enumerate(NOT_IN_A_FILE.finditer(text.content)):
        clean = False
        if count == _SHOWN_CHARACTERS:
            break
        problems.error(
            Code.CHARACTER,
            f"the character U+{ord(found[0]):04X} is not allowed: it can't be seen",
            text.mark(span(found.start(), found.end())),
            hint=f'Delete it; inside a text that needs it, write "{escaped(found[0])}" '
            "in double quotes.",
        )
    return clean


def _whole(path: Path) -> Mark:
    return Mark(Source(path.as_posix(), 1))
