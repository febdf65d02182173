"""What building does beside packing: the version from Git's tag, written into the package."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).parent
INIT: Final = "reconciler/__init__.py"
_LINE: Final = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_TAG: Final = re.compile(r"v(\d+\.\d+\.(\d+)\S*)-(\d+)-g([0-9a-f]+)")


def version(root: Path = ROOT) -> str:
    """The version of what is built in ``root``.

    That of the commit's tag; after a tag, a development version of the next; where no tag can be
    asked for (no Git, a shallow clone, an image's build), RECONCILER_VERSION or the one written in
    the source. What is built from an sdist has that one's version and never comes here.
    """
    if given := os.environ.get("RECONCILER_VERSION"):
        return given
    found = _TAG.fullmatch(_described(root))
    if found is None:
        return _written(root)
    tag, patch, commits, commit = found.groups()
    if commits == "0":
        return tag
    return f"{tag.rpartition('.')[0]}.{int(patch) + 1}.dev{commits}+g{commit}"


def _written(root: Path) -> str:
    found = _LINE.search((root / INIT).read_text("utf-8"))
    if found is None:
        raise ValueError(f"{INIT} has no version")
    return found[1]


def _described(root: Path) -> str:
    """The nearest tag as Git describes it; empty where there is none, or no repository of ours."""
    if not (root / ".git").exists():
        return ""  # Git would go on to look above, and find the tags of another project.
    command = ["git", "describe", "--tags", "--long", "--match", "v[0-9]*.[0-9]*.[0-9]*"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, cwd=root, env=environ, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip()


class VersionHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the version that is built into the package, in place of the source's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Swap the wheel's ``__init__``; an editable install and an sdist keep the source's."""
        if self.target_name != "wheel" or version == "editable":
            return
        self._scratch = TemporaryDirectory()
        path = Path(self._scratch.name, "__init__.py")
        text = (Path(self.root) / INIT).read_text("utf-8")
        path.write_text(_LINE.sub(f'__version__ = "{self.metadata.version}"', text), "utf-8")
        build_data["force_include"][str(path)] = INIT

    def finalize(self, _version: str, _build_data: dict[str, Any], _artifact_path: str) -> None:
        """Remove what was swapped in."""
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()
