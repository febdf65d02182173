"""``init``: a first configuration that teaches, and the pipeline on request."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler import __version__
from reconciler.cli.pipelines import (
    DEPENDABOT,
    REQUIREMENTS,
    FitTo,
    dependabot,
    own_line,
    own_line_in,
    pipeline_files,
)
from reconciler.config.template import TEMPLATE
from reconciler.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.config import Configuration

CONFIGURATION: Final = "reconciler.yaml"
DIFFERENCE: Final = 2
_KEY: Final = "CALLRAIL_API_KEY", "MATON_API_KEY"
"""What every pipeline passes on."""


class InitFlags(NamedTuple):
    """What is asked of ``init``: for which ``directory``, with which pipeline; ``each_account``:
    planned on a machine of its own.
    """

    directory: str
    ci: str | None = None
    each_account: bool = False


def write_first_files(asked: InitFlags, console: Console) -> None:
    """Write what is missing in the directory, and the pipeline where its system looks for it.

    Raises RefusedError before writing anything when a file is there. A configuration that is there
    is no obstacle to a pipeline: it may have been imported first. UsageError where that can't be
    read, or has not the accounts that are to be planned each by itself.
    """
    if asked.each_account and asked.ci is None:
        raise UsageError("--each-account is part of a pipeline", hint="Add --ci github.")
    home = _Home.of(Path(asked.directory))
    files = dict(_files(asked, home, console))
    there = [str(path) for path in files if os.path.lexists(path)]
    if there:
        hint = "Move it away, or name another directory: `reconciler init DIRECTORY`."
        if asked.ci:
            hint = f"Compare: reconciler init --ci {asked.ci} --diff. Or move it away."
        raise RefusedError(f"{', '.join(there)} is there already; init never overwrites", hint=hint)
    updates = home.top / DEPENDABOT
    if asked.ci == "github" and not os.path.lexists(updates):
        files[updates] = dependabot(home.folder)
    _write_all(files)
    for path in files:
        console.log(f"Wrote {path}")
    if asked.ci is not None:
        _advise(asked.ci, home, console)
        if asked.ci == "github" and updates not in files:
            console.log(
                f"{updates} is there already: let it update github-actions, and pip in "
                f"/{'' if home.is_top else home.folder}."
            )
    if home.directory / CONFIGURATION in files:
        console.log("Next: fill in the account's id, then `reconciler plan`.")


def differences(asked: InitFlags, console: Console) -> int:
    """Show how the pipeline that is there differs from what would be written now; 2 if it does.

    Raises UsageError without ``--ci``.
    """
    if asked.ci is None:
        raise UsageError("--diff compares a pipeline", hint="Add --ci github or --ci gitlab.")
    home = _Home.of(Path(asked.directory))
    # Where the wheel is may have been filled in by hand.
    filled_in = own_line_in(_text(home.requirements) or "")
    different = False
    for path, text in _pipeline(asked, home, console, own=own_line() or filled_in):
        for line in _compared(path, text):
            console.result(line)
            different = True
    if not different:
        console.log(f"The pipeline is the one that reconciler {__version__} writes.")
    return DIFFERENCE if different else 0


def _compared(path: Path, text: str) -> Iterator[str]:
    """The lines of a unified diff from what is at ``path`` to ``text``."""
    there = _text(path)
    # What says how to fill in the requirements is in nobody's way, and may be gone.
    comment = "#" if path.name == REQUIREMENTS else "\n"
    lines = unified_diff(
        [line for line in (there or "").splitlines() if not line.startswith(comment)],
        [line for line in text.splitlines() if not line.startswith(comment)],
        "not there" if there is None else str(path),
        f"reconciler {__version__}",
        lineterm="",
    )
    return (f"{line}\n" for line in lines)


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} can't be read: {why}") from None


class _Home(NamedTuple):
    """Where a configuration is: ``directory``, which is ``folder`` below ``top``, the top of its
    Git repository; where it is in none, of itself.
    """

    directory: Path
    top: Path
    folder: PurePosixPath

    @classmethod
    def of(cls, directory: Path) -> _Home:
        """Where ``directory`` is, which need not be there yet."""
        here = directory.resolve()
        top = next((one for one in (here, *here.parents) if os.path.lexists(one / ".git")), here)
        folder = PurePosixPath(here.relative_to(top).as_posix())
        shown = directory if top == here else Path(os.path.relpath(top))
        return cls(directory, shown, folder)

    @property
    def requirements(self) -> Path:
        """The file that says what the pipeline installs."""
        return self.top / self.folder / REQUIREMENTS

    @property
    def is_top(self) -> bool:
        """Whether the configuration is at the top of its repository."""
        return not self.folder.parts

    @property
    def branch(self) -> str:
        """The branch that a clone noted as its origin's default, else the one that is checked out
        where nothing was cloned; ``main`` where neither is known.
        """
        git = self.top / ".git"
        noted = _matched(git / "refs/remotes/origin/HEAD", "refs/remotes/origin/")
        if noted is None and not (git / "refs/remotes").is_dir():
            noted = _matched(git / "HEAD", "refs/heads/")
        return noted or "main"


def _matched(path: Path, before: str) -> str | None:
    """The branch that the symbolic reference at ``path`` names."""
    with suppress(OSError, UnicodeDecodeError):
        found = re.fullmatch(rf"ref: {before}([\w./-]+)", path.read_text("utf-8").strip(), re.ASCII)
        return None if found is None else found[1]
    return None


def _files(asked: InitFlags, home: _Home, console: Console) -> Iterator[tuple[Path, str]]:
    imported = os.path.lexists(home.directory / CONFIGURATION)
    if not (asked.ci and imported):
        yield home.directory / CONFIGURATION, TEMPLATE
    if asked.ci is not None:
        yield from _pipeline(asked, home, console, own=own_line())


def _pipeline(
    asked: InitFlags, home: _Home, console: Console, *, own: str | None
) -> Iterator[tuple[Path, str]]:
    configuration = _configuration(home.directory, console)
    accounts = () if configuration is None else configuration.accounts
    keys = {one.api_key_env for one in accounts if one.api_key_env} - {*_KEY}
    handles: Sequence[str] = ()
    if asked.each_account:
        handles = [one.handle for one in accounts]
        if asked.ci != "github" or len(handles) < 2:
            raise UsageError(
                "--each-account is for several accounts on GitHub",
                hint=f"Name them in {home.directory / CONFIGURATION} first; else leave it out.",
            )
    fit = FitTo(home.branch, home.folder, tuple(sorted(keys)), tuple(handles))
    for path, text in pipeline_files(asked.ci or "", fit, own=own).items():
        yield home.top / path, text


def _configuration(directory: Path, console: Console) -> Configuration | None:
    """The configuration that is there, whose accounts the pipeline is for; None: not yet."""
    from reconciler.cli.configuration import load_configuration

    path = directory / CONFIGURATION
    known = path.is_file() and path.stat().st_size
    return load_configuration([str(path)], console) if known else None


def _write_all(files: Mapping[Path, str]) -> None:
    """All of ``files`` or, where one can't be written, none."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                written.append(path)
                stream.write(text)
    except OSError as error:
        for one in written:
            one.unlink(missing_ok=True)
        raise UsageError(f"{path} can't be written: {error.strerror}") from None


def _advise(ci: str, home: _Home, console: Console) -> None:
    if own_line() is None:
        console.log(f"Fill in {home.requirements}: where runners get reconciler from.")
    if not os.path.lexists(home.top / ".git"):
        console.log(f"{home.top} is in no Git repository: the files belong at the top of one.")
    elif ci == "github":
        console.log(f"It applies what is merged to {home.branch}.")
    console.log("The head of each pipeline file names the environments and secrets that it needs.")
