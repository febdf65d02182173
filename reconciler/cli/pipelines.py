"""The pipeline that ``init --ci`` writes: files of ``examples/ci``, and where CI gets us from."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final, Required, TypedDict

from reconciler import __version__
from reconciler.cli.examples import example

NAME: Final = "callrail-reconciler"
PIPELINES: Final = {
    "github": {
        ".github/workflows/reconciler-plan.yml": "ci/github/plan.yml",
        ".github/workflows/reconciler-apply.yml": "ci/github/apply.yml",
        ".github/workflows/reconciler-drift.yml": "ci/github/drift.yml",
    },
    "gitlab": {".gitlab-ci.yml": "ci/gitlab/gitlab-ci.yml"},
}
REQUIREMENTS: Final = {"github": ".github/reconciler.txt", "gitlab": ".gitlab/reconciler.txt"}


def pipeline_files(system: str) -> dict[str, str]:
    """What a pipeline of ``system`` (``github`` or ``gitlab``) consists of: paths with texts."""
    files = {path: example(name) for path, name in PIPELINES[system].items()}
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
    try:
        noted = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    return None if noted is None else _from_url(json.loads(noted))


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
