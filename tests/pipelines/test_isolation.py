"""The image and the pre-commit hook: what is in them, and that no file of a checkout runs there."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.pipelines.runner import ROOT
from tests.test_package import build, contents

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
INSTRUCTIONS = re.sub(r"\\\n\s*|^#.*\n", " ", DOCKERFILE, flags=re.MULTILINE).splitlines()
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
PLANTED = ("reconciler", "reconciler.cli", "json", "yaml", "click", "sitecustomize", "venv", "pip")


def instructions(name: str) -> list[str]:
    lines = [line.strip() for line in INSTRUCTIONS]
    return [line.removeprefix(name).strip() for line in lines if line.startswith(f"{name} ")]


def test_its_base_is_pinned_to_a_digest_and_the_same_throughout() -> None:
    bases = {one.split()[0] for one in instructions("FROM")}
    (base,) = bases
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    assert f'base.name="docker.io/library/{base.partition("@")[0]}"' in DOCKERFILE


def test_all_that_it_downloads_is_in_a_lock_with_hashes() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install [^&]*", " ".join(instructions("RUN")))
    assert len(installs) == 3
    for one in installs:
        assert "--no-deps" in one
        assert "--require-hashes" in one or "/tmp/dist/" in one


def test_it_runs_as_nobody_it_knows_and_has_no_pip() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "rm -rf /usr/local/bin/pip*" in last
    assert "ensurepip" in last
    assert "--without-pip" in DOCKERFILE
    assert "useradd" not in DOCKERFILE
    assert all(int(one) > 0 for one in instructions("USER")[0].split(":"))
    assert instructions("ENTRYPOINT") == ['["reconciler"]']


def test_its_labels_name_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', DOCKERFILE))
    assert labels["source"] == URLS["Repository"]
    assert labels["documentation"] == URLS["Documentation"]
    assert labels["licenses"] == "MIT"
    assert (labels["version"], labels["revision"]) == ("$VERSION", "$REVISION")


def copied() -> Iterator[str]:
    """What the first stage copies from the checkout, as far as .dockerignore lets it."""
    let = [one[1:] for one in (ROOT / ".dockerignore").read_text().splitlines() if one[0] == "!"]
    for one in instructions("COPY"):
        if not one.startswith("--from"):
            for path in shlex.split(one)[:-1]:
                assert any(fnmatch.fnmatch(path, f"{known}*") for known in let), path
                yield path


def test_the_wheel_is_built_of_what_it_copies(tmp_path: Path) -> None:
    for path in copied():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / path, target)
    build(tmp_path, tmp_path / "dist", "-t", "wheel", RECONCILER_VERSION="")
    assert "reconciler/_requirements/run.lock" in contents(tmp_path / "dist")


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        ["hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a configuration, and modules that stand in for ours and for Python's."""
    (tmp_path / "reconciler.yaml").write_text(
        "version: 1\naccounts: {a: {id: ACC1}}\ntags: []\n", "utf-8"
    )
    for name in PLANTED:
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r} + '\\n')\n", "utf-8")
    return tmp_path


def ran(checkout: Path, *command: str) -> str:
    """What of ``checkout`` ran beside the command, which succeeds where that is nothing."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout), "ACME_API_KEY": "a"}
    done = subprocess.run(
        command, cwd=checkout, env=environ, capture_output=True, text=True, check=False
    )
    planted = checkout / "ran"
    if planted.exists():
        return planted.read_text("utf-8")
    assert done.returncode == 0, done.stderr
    return ""


def test_the_hook_runs_no_file_of_the_checkout(checkout: Path) -> None:
    program, *arguments = shlex.split(HOOK["entry"])
    assert program == "python"
    assert ran(checkout, sys.executable, *arguments) == ""
    without = [one for one in arguments if one != "-I"]
    assert "reconciler" in ran(checkout, sys.executable, *without)


def test_the_command_of_the_image_runs_no_file_of_the_checkout(checkout: Path) -> None:
    installed = Path(sys.executable).with_name("reconciler")
    first, rest = installed.read_text("utf-8").split("\n", 1)
    edit = re.search(r"sed -i '1s/\$/( -I)/' /opt/reconciler/bin/reconciler", DOCKERFILE)
    assert edit is not None
    isolated = checkout.parent / "isolated"
    isolated.write_text(f"{first}{edit[1]}\n{rest}", "utf-8")
    isolated.chmod(0o755)
    assert ran(checkout, str(isolated), "validate") == ""
    assert "sitecustomize" in ran(checkout, str(installed), "validate")
