"""The pipeline that ``init --ci`` writes: files of ``examples/ci``, fitted to a repository."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import PurePosixPath
from typing import Final, NamedTuple, Required, TypedDict

from reconciler import __version__
from reconciler.cli.examples import example, packaged

NAME: Final = "callrail-reconciler"
PIPELINES: Final = {
    "github": {
        ".github/workflows/reconciler-plan.yml": "ci/github/plan.yml",
        ".github/workflows/reconciler-apply.yml": "ci/github/apply.yml",
        ".github/workflows/reconciler-drift.yml": "ci/github/drift.yml",
    },
    "gitlab": {".gitlab-ci.yml": "ci/gitlab/gitlab-ci.yml"},
}
EACH_ACCOUNT: Final = {".github/workflows/reconciler-plan.yml": "ci/github/many-accounts.yml"}
"""Instead of the one above: a machine for each account."""
REQUIREMENTS: Final = "reconciler-requirements.txt"
DEPENDABOT: Final = ".github/dependabot.yml"
_HEAD: Final = """\
# What the pipeline installs, every file by its hash: this package, from where your runners can
# reach it, and below what it needs.
"""


class FitTo(NamedTuple):
    """What a pipeline is fitted to.

    ``branch`` is the one whose pushes are applied; ``folder`` has the configuration, from the top
    of the repository. ``keys`` are the variables with accounts' own keys. ``accounts``: handles
    that are planned on a machine of its own each; none: all on one.
    """

    branch: str = "main"
    folder: PurePosixPath = PurePosixPath()
    keys: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


def pipeline_files(system: str, fit: FitTo, *, own: str | None) -> dict[str, str]:
    """What a pipeline of ``system`` (``github`` or ``gitlab``) consists of: paths from the top of
    the repository, with texts.

    ``own``: the line that installs this package; None: somebody has to fill it in.
    """
    names = PIPELINES[system]
    if system == "github" and fit.accounts:
        names = names | EACH_ACCOUNT
    stamp = f"# Written by reconciler {__version__}. What another version writes: "
    stamp += f"reconciler init --ci {system} --diff\n#\n"
    files = {path: stamp + _fitted(example(name), fit) for path, name in names.items()}
    return files | {str(fit.folder / REQUIREMENTS): requirements(own)}


def dependabot(folder: PurePosixPath) -> str:
    """A Dependabot configuration that keeps the pipeline's actions and packages up to date."""
    where = str(folder) if folder.parts else ""
    return example("ci/dependabot.yml").replace("directory: /here", f"directory: /{where}")


def _fitted(text: str, fit: FitTo) -> str:
    if fit.branch != "main":
        text = text.replace("branches: [main]", f"branches: [{json.dumps(fit.branch)}]")
    if fit.folder.parts:
        text = text.replace("FOLDER: .", f"FOLDER: {json.dumps(str(fit.folder))}")
        inside = json.dumps(f"{_literally(str(fit.folder))}/**")
        text = text.replace('paths: ["**.yaml", "**.yml"', f"paths: [{inside}")
    if fit.accounts:
        text = text.replace("account: [acme, beacon]", f"account: {json.dumps(fit.accounts)}")
        text = text.replace("ACCOUNTS: acme beacon", f"ACCOUNTS: {' '.join(fit.accounts)}")
    lines = [f"{key}: ${{{{ secrets.{key} }}}}" for key in fit.keys]
    return _KEYS.sub(lambda found: found[0] + "".join(f"{found[1]}{one}\n" for one in lines), text)


_KEYS: Final = re.compile(r"^( *)MATON_API_KEY: \$\{\{ secrets\.MATON_API_KEY \}\}\n", re.MULTILINE)
"""The last of the keys that a step is given."""


def _literally(path: str) -> str:
    """``path`` in a filter, where some characters have a meaning."""
    return re.sub(r"([\\*?+\[\]!])", r"\\\1", path)


def own_line() -> str | None:
    """The line that installs what runs now by its hash; None where its origin has none.

    pip notes that origin (PEP 610). A directory of this machine is none that a runner has, pip
    takes no hash of a Git repository, and of an index the name alone does not say which one.
    """
    noted = _noted()
    hashes = {} if noted is None else noted.get("archive_info", {}).get("hashes", {})
    if noted is None or not noted["url"].startswith("https://") or "sha256" not in hashes:
        return None
    return f"{NAME} @ {noted['url']}#sha256={hashes['sha256']}"


def own_line_in(text: str) -> str | None:
    """The line of ``text``, somebody's requirements, that installs this package; None: there is
    none, or it is not filled in.
    """
    wheel = NAME.replace("-", "_")
    for line in text.splitlines():
        ours = not line.lstrip().startswith("#") and (NAME in line or wheel in line)
        if ours and _UNFILLED not in line:
            return line
    return None


_UNFILLED: Final = "0" * 64


def requirements(own: str | None) -> str:
    """Requirements that pip takes with ``--require-hashes``, or loudly refuses: not filled in."""
    if own is None:
        wheel = f"{NAME.replace('-', '_')}-{__version__}-py3-none-any.whl"
        own = (
            "# Fill in where the wheel is, in this repository or at an address, and its hash:\n"
            f"#   {NAME} @ https://HOST/{wheel} --hash=sha256:HASH\n"
            "# Never the bare name: whoever registers it on PyPI would run beside your keys.\n"
            f"./vendor/{wheel} --hash=sha256:{_UNFILLED}"
        )
    return f"{_HEAD}{own}\n{packaged('requirements', 'run.lock')}"


def _noted() -> _Noted | None:
    try:
        noted = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    found: _Noted | None = None if noted is None else json.loads(noted)
    return found


class _Archive(TypedDict, total=False):
    hashes: dict[str, str]


class _Noted(TypedDict, total=False):
    """What pip notes of where a package came from (PEP 610)."""

    url: Required[str]
    archive_info: _Archive
