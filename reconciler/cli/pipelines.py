"""The pipeline that ``init --ci`` writes: files of ``examples/ci``, and where CI gets us from."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final, Required, TypedDict

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
REQUIREMENTS: Final = {"github": "reconciler-requirements.txt", "gitlab": ".gitlab/reconciler.txt"}
_HEAD: Final = """\
# What the pipeline installs, every file by its hash: this package, from where your runners can
# reach it, and below what it needs.
"""


def pipeline_files(system: str, *, branch: str = "main") -> dict[str, str]:
    """What a pipeline of ``system`` (``github`` or ``gitlab``) consists of: paths with texts.

    ``branch`` is the one whose pushes are applied.
    """
    files = {path: example(name) for path, name in PIPELINES[system].items()}
    if system == "github":
        own = f"branches: [{json.dumps(branch) if branch != 'main' else branch}]"
        files = {path: text.replace("branches: [main]", own) for path, text in files.items()}
        return files | {REQUIREMENTS[system]: _hashed()}
    head = "# What the pipeline installs: this package, from where your runners can reach it.\n"
    line = requirement() or (
        "# It was installed from a directory or an index here. Write one of these; never the bare\n"
        f"# name {NAME}: whoever registers it on PyPI would run beside your keys.\n"
        f"#   {NAME} @ git+https://HOST/PATH@COMMIT\n"
        f"#   ./vendor/{NAME.replace('-', '_')}-{__version__}-py3-none-any.whl"
    )
    return files | {REQUIREMENTS[system]: f"{head}{line}\n"}


def requirement() -> str | None:
    """The line that installs what runs now, as pip noted its origin (PEP 610).

    None for a directory of this machine, and for an index: the name alone does not say which one.
    """
    noted = _noted()
    return None if noted is None else _from_url(noted)


def filled_in(system: str) -> bool:
    """Whether the requirements of ``system`` are whole; pip takes no hash of a Git repository."""
    line = requirement()
    return line is not None and (system != "github" or "#sha256=" in line)


def _hashed() -> str:
    """Requirements that pip takes with ``--require-hashes``, or loudly refuses: not filled in."""
    line = requirement()
    if line is None or "#sha256=" not in line:
        wheel = f"{NAME.replace('-', '_')}-{__version__}-py3-none-any.whl"
        line = (
            "# Fill in where the wheel is, in this repository or at an address, and its hash:\n"
            f"#   {NAME} @ https://HOST/{wheel} --hash=sha256:HASH\n"
            "# Never the bare name: whoever registers it on PyPI would run beside your keys.\n"
            f"./vendor/{wheel} --hash=sha256:{'0' * 64}"
        )
    return f"{_HEAD}{line}\n{packaged('requirements', 'run.lock')}"


def _noted() -> _Noted | None:
    try:
        noted = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    found: _Noted | None = None if noted is None else json.loads(noted)
    return found


def _from_url(noted: _Noted) -> str | None:
    url = noted["url"]
    if version := noted.get("vcs_info"):
        return f"{NAME} @ {version['vcs']}+{url}@{version['commit_id']}"
    hashes = noted.get("archive_info", {}).get("hashes", {})
    if url.startswith("https://") and "sha256" in hashes:
        return f"{NAME} @ {url}#sha256={hashes['sha256']}"
    return None


class _Archive(TypedDict, total=False):
    hashes: dict[str, str]


class _Noted(TypedDict, total=False):
    """What pip notes of where a package came from (PEP 610)."""

    url: Required[str]
    vcs_info: dict[str, str]
    archive_info: _Archive
