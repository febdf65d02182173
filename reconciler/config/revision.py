"""The files of a configuration as another commit has them, read from git's objects.

Terms. The *base* is the commit at which HEAD left the revision that was asked for: what that has
got since is nobody's change here. A *tree* is a folder of a commit.

Premise. The files at hand may be a stranger's pull request, and so may be a repository that lies
among them. Git is asked three fixed questions and runs nothing for the answers: no checkout, no
hook, no filter, no program that a configuration names, no network. No key is in its environment.

Method. ``-c`` selects as it does on disk: files that are named, and below a directory every
``*.yaml`` and ``*.yml`` that is not hidden. Links are followed inside the commit, as far as the
same rules let them lead (:mod:`reconciler.config.files`). What the commit does not have it does
not declare; what can't be read is an error, never "nothing".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from reconciler.config.files import (
    LARGEST_FILE,
    LARGEST_SUM,
    MOST_FILES,
    SUFFIXES,
    decode,
    is_foreign,
)
from reconciler.errors import RevisionError
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.collector import Collector
    from reconciler.config.text import Text

Parts = tuple[str, ...]
"""A path from the top of the repository, part by part."""


class Revision(NamedTuple):
    """The ``commit`` that a configuration was read from, and its files there."""

    commit: str
    texts: tuple[Text, ...]


def read_revision(
    paths: Sequence[Path], ref: str, environ: Mapping[str, str], problems: Collector
) -> Revision:
    """The text of every file that ``paths`` name in the commit where HEAD left ``ref``.

    Files are called ``REF:PATH``, as git does it. What can't be decoded is noted in ``problems``.
    Raises RevisionError where git can't say what is there.
    """
    git = _Git(_written(paths[0]), environ)
    commit = git.base(ref)
    here = Path.cwd()
    inside = here.is_relative_to(git.top) and here != Path(here.anchor)
    with _Objects(git, commit) as objects:
        tree = _Tree(objects, git.object_of(commit), git.parts(here) if inside else None)
        texts: list[Text] = []
        total = 0
        for path in paths:
            for found in tree.files(git.parts(_written(path)), path):
                data = objects.read(found.oid, "blob", LARGEST_FILE)
                total += len(data)
                if len(texts) >= MOST_FILES or total > LARGEST_SUM:
                    raise RevisionError(f"{ref} has more files or bytes there than are read")
                file = f"{ref}:{found.shown}"
                problems.files.append(file)
                text = decode(file, data, problems)
                texts += [] if text is None else [text]
    return Revision(commit, tuple(texts))


def _written(path: Path) -> Path:
    """``path`` from the root, as it reads."""
    return Path(os.path.normpath(Path.cwd() / path))


class _Git:
    """Git in the repository that holds ``path``."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        program = shutil.which("git", path=environ.get("PATH"))
        if program is None:
            raise RevisionError("git is not installed")
        directory = path if path.is_dir() else path.parent
        self._argv = [program, "-C", str(directory), *_HARMLESS]
        self.environ = {name: environ[name] for name in _PASSED_ON if name in environ} | _OF_GIT
        answer = self._ask("rev-parse", "--show-toplevel", "--is-shallow-repository")
        if answer is None:
            raise RevisionError("the configuration is in no git repository")
        top, _, shallow = answer.rpartition("\n")
        self.top = Path(top).resolve()
        self._shallow = shallow == "true"

    def command(self, *words: str) -> list[str]:
        """The command line of a question."""
        return [*self._argv, *words]

    def base(self, ref: str) -> str:
        """The commit at which HEAD left ``ref``."""
        if ref.startswith("-") or not ref.isprintable():
            raise RevisionError(f"{double_quoted(ref)} is not the name of a revision")
        if (tip := self._ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")) is None:
            raise RevisionError(f"there is no commit {double_quoted(ref)} here{self._cut()}")
        found = self._ask("merge-base", _object(tip), "HEAD")
        if found is None:
            raise RevisionError(f"HEAD and {ref} have no commit in common{self._cut()}")
        return _object(found)

    def object_of(self, commit: str) -> str:
        """The tree of ``commit``."""
        answer = self._ask("rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}")
        if answer is None:
            raise RevisionError(f"commit {commit[:12]} can't be read{self._cut()}")
        return _object(answer)

    def parts(self, path: Path) -> Parts:
        """Where ``path`` is in the repository."""
        for known in (path, path.parent.resolve() / path.name):
            if known.is_relative_to(self.top):
                return known.relative_to(self.top).parts
        raise RevisionError(f"{path.as_posix()} is in another repository or in none")

    def _cut(self) -> str:
        """What to add where something is not here that may be elsewhere."""
        return ": this clone is shallow, fetch all of its history" if self._shallow else ""

    def _ask(self, *words: str) -> str | None:
        """The answer of one command, without its last newline; None where it says no."""
        asked = subprocess.run(  # noqa: S603 - a fixed program and argv, no shell
            self.command(*words),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        stderr = asked.stderr.decode(errors="replace").strip()
        if asked.returncode and "dubious ownership" in stderr:
            raise RevisionError(
                "git does not read this repository, for another user owns it: "
                "git config --global --add safe.directory PATH"
            )
        if asked.returncode and stderr and "not a git repository" not in stderr:
            raise RevisionError(f"git: {stderr.splitlines()[0]}")
        return None if asked.returncode else os.fsdecode(asked.stdout).removesuffix("\n")


_PASSED_ON: Final = ("PATH", "HOME", "XDG_CONFIG_HOME", "USERPROFILE", "SYSTEMROOT")
_OF_GIT: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
"""No other content than the commit's, nothing fetched, nobody asked, messages in English."""
_HARMLESS: Final = (
    "--no-pager",
    "-c", "core.fsmonitor=",
    "-c", f"core.hooksPath={os.devnull}",
    "-c", "safe.bareRepository=explicit",
)  # fmt: skip
"""Nothing is run, and a folder that only looks like a repository is none."""


def _object(answer: str) -> str:
    """``answer`` as the name of an object."""
    first = answer.partition("\n")[0]
    if not re.fullmatch("[0-9a-f]{40}(?:[0-9a-f]{24})?", first):
        raise RevisionError("git gives no name of an object")
    return first


class _Objects:
    """Git's objects by name, through one ``git cat-file`` for all of them."""

    def __init__(self, git: _Git, commit: str) -> None:
        self._commit = commit
        self._cat = subprocess.Popen(  # noqa: S603 - a fixed program and argv, no shell
            git.command("cat-file", "--batch"),
            env=git.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """End git, which may be in the middle of something too large."""
        self._cat.kill()
        self._cat.communicate()

    def read(self, oid: str, kind: str, most: int) -> bytes:
        """What the object holds. Raises RevisionError where it is another, missing or larger."""
        asked, answered = self._cat.stdin, self._cat.stdout
        assert asked is not None and answered is not None  # noqa: S101, PT018 - they are pipes
        try:
            asked.write(f"{oid}\n".encode())
            asked.flush()
        except OSError as error:
            raise RevisionError(f"git ended: {error.strerror}") from None
        match answered.readline(_LONGEST_HEAD).split():
            case [_, found, size] if found == kind.encode() and size.isdigit():
                if int(size) > most:
                    raise RevisionError(
                        f"a {kind} of commit {self._commit[:12]} is over {most >> 20} MiB"
                    )
                data = answered.read(int(size) + 1)
                if len(data) == int(size) + 1:
                    return data[:-1]
        raise RevisionError(f"a {kind} of commit {self._commit[:12]} is not in this clone")


_LONGEST_HEAD: Final = 200
_LONGEST_LINK: Final = 4096
_MOST_LINKS: Final = 40


class _Node(NamedTuple):
    """A file or folder of the commit: where it really is, and how it is called."""

    real: Parts
    is_directory: bool
    oid: str
    shown: str


class _Entry(NamedTuple):
    """A line of a tree."""

    mode: bytes
    oid: str


_FOLDER: Final = b"40000"
_LINK: Final = b"120000"
_SUBMODULE: Final = b"160000"


class _Tree:
    """The folders of a commit; ``here`` is where the run stands in it (None: outside)."""

    def __init__(self, objects: _Objects, root: str, here: Parts | None) -> None:
        self._objects, self._root, self._here = objects, root, here
        self._read: dict[str, dict[str, _Entry]] = {}
        self._given: set[Parts] = set()

    def files(self, parts: Parts, path: Path) -> Iterator[_Node]:
        """The files that a ``-c PATH`` means, which is ``parts``; each file once in all."""
        shown = path.as_posix()
        node = self._at(parts, shown)
        if node is None:
            return
        above = self._at(parts[:-1], shown)
        folder = parts[:-1] if above is None else above.real
        inside = self._here is not None and self._here == parts[: len(self._here)]
        anchor = self._here if inside and self._here is not None else folder
        plain = (*folder, *parts[-1:])
        if node.is_directory:
            self._expect_inside(node.real, plain, anchor, is_directory=True, shown=shown)
            found = self._below(node, node.real, set())
        else:
            self._expect_inside(folder, parts[:-1], anchor, is_directory=True, shown=shown)
            self._expect_inside(node.real, plain, folder, is_directory=False, shown=shown)
            found = iter([node])
        for one in found:
            if one.real not in self._given:
                self._given.add(one.real)
                yield one

    def _below(self, folder: _Node, fence: Parts, seen: set[Parts]) -> Iterator[_Node]:
        """The files below a folder; none of its links may lead out of ``fence``."""
        if folder.real in seen:
            return
        seen.add(folder.real)
        for name, entry in sorted(self._entries(folder.oid).items()):
            parts, shown = (*folder.real, name), f"{folder.shown.rstrip('/')}/{name}"
            named = PurePosixPath(name).suffix.lower() in SUFFIXES
            if name.startswith(".") or entry.mode == _SUBMODULE:
                continue
            if entry.mode not in {_FOLDER, _LINK} and not named:
                continue
            node = self._at(parts, shown)
            if node is None:
                if named:
                    raise RevisionError(f"{shown} is a link to nothing in that commit")
                continue
            if entry.mode == _LINK and (named or node.is_directory):
                self._expect_inside(
                    node.real, parts, fence, is_directory=node.is_directory, shown=shown
                )
            if node.is_directory:
                yield from self._below(node, fence, seen)
            elif named:
                yield node

    def _expect_inside(
        self, real: Parts, parts: Parts, fence: Parts, *, is_directory: bool, shown: str
    ) -> None:
        """Refuse a link out of ``fence``, or to what would not be read without it."""
        inside = real[: len(fence)] == fence
        foreign = inside and is_foreign(PurePath(*real[len(fence) :]), is_directory=is_directory)
        if not inside or (real != parts and foreign):
            raise RevisionError(f"in that commit {shown} is a link to what is no configuration")

    def _at(self, parts: Parts, shown: str) -> _Node | None:
        """What ``parts`` lead to, links followed; None where there is nothing."""
        path = [(_Entry(_FOLDER, self._root), "")]
        left, links = list(reversed(parts)), 0
        while left:
            name = left.pop()
            if name in {"", "."}:
                continue
            if name == "..":
                if len(path) == 1:
                    raise RevisionError(f"in that commit {shown} is a link out of the repository")
                path.pop()
                continue
            folder = path[-1][0]
            entry = self._entries(folder.oid).get(name) if folder.mode == _FOLDER else None
            if entry is None or entry.mode == _SUBMODULE:
                return None
            if entry.mode != _LINK:
                path.append((entry, name))
                continue
            links += 1
            target = os.fsdecode(self._objects.read(entry.oid, "blob", _LONGEST_LINK))
            if links > _MOST_LINKS or target.startswith("/"):
                raise RevisionError(f"in that commit {shown} is a link out of the repository")
            left += reversed(target.split("/"))
        entry = path[-1][0]
        real = tuple(name for _entry, name in path[1:])
        return _Node(real, entry.mode == _FOLDER, entry.oid, shown)

    def _entries(self, oid: str) -> dict[str, _Entry]:
        """What the tree ``oid`` holds, by name."""
        if oid not in self._read:
            data = self._objects.read(oid, "tree", LARGEST_FILE)
            entries: dict[str, _Entry] = {}
            at, width = 0, len(oid) // 2
            while at < len(data):
                space = data.index(b" ", at)
                end = data.index(b"\0", space)
                name = os.fsdecode(data[space + 1 : end])
                at_end = end + 1 + width
                entries[name] = _Entry(data[at:space], data[end + 1 : at_end].hex())
                at = at_end
            self._read[oid] = entries
        return self._read[oid]
