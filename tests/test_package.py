"""What is released: wheel and sdist with the tag's version, and a README that PyPI can show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path
from types import SimpleNamespace

import pytest

import hatch_build
from reconciler import __version__
from reconciler.cli import pipelines

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
URLS = PROJECT["project"]["urls"]
REPOSITORY = URLS["Repository"]
VERSION = "9.9.9"
NO_GIT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def build(source: Path, target: Path, *flags: str, **environ: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", target, *flags],
        cwd=source,
        env=NO_GIT | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of a version of their own."""
    target = tmp_path_factory.mktemp("dist")
    build(ROOT, target, RECONCILER_VERSION=VERSION)
    return target


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, str]:
    """The files of the wheel."""
    return contents(built)


def contents(folder: Path) -> dict[str, str]:
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def metadata(wheel: dict[str, str]) -> tuple[dict[str, list[str]], str]:
    """The headers of the wheel's metadata, and the README below them."""
    (text,) = (text for name, text in wheel.items() if name.endswith("/METADATA"))
    parsed = message_from_string(text)
    return {name: parsed.get_all(name, []) for name in parsed}, str(parsed.get_payload())


def test_the_version_that_is_built_is_the_one_that_the_command_shows(wheel: dict[str, str]) -> None:
    heads, _ = metadata(wheel)
    assert heads["Version"] == [VERSION]
    assert wheel["reconciler/__init__.py"].count(f'__version__ = "{VERSION}"') == 1
    assert (ROOT / hatch_build.INIT).read_text("utf-8").count(f'__version__ = "{__version__}"') == 1


def test_the_wheel_has_what_its_users_need(wheel: dict[str, str]) -> None:
    assert {"reconciler/py.typed", "reconciler/__main__.py"} <= wheel.keys()
    copies = {
        "reconciler/_requirements/run.lock": "requirements/run.lock",
        "reconciler/_schemas/config.schema.json": "schemas/config.schema.json",
        f"callrail_reconciler-{VERSION}.data/data/share/man/man1/reconciler.1": "docs/reconciler.1",
        f"callrail_reconciler-{VERSION}.dist-info/licenses/LICENSE": "LICENSE",
    }
    assert {name: wheel[name] for name in copies} == {
        name: (ROOT / path).read_text("utf-8") for name, path in copies.items()
    }
    assert not [name for name in wheel if name.startswith(("tests/", "benchmarks/", "hatch_build"))]


def test_its_lock_pins_by_hash_all_that_it_requires(wheel: dict[str, str]) -> None:
    lock = wheel["reconciler/_requirements/run.lock"]
    blocks = re.findall(r"^\S.*(?:\n    .*)*", lock, re.MULTILINE)
    assert all("==" in one and "--hash=sha256:" in one for one in blocks)
    pinned = {one.partition("==")[0] for one in blocks}
    assert {re.split("[<>=]", one)[0] for one in metadata(wheel)[0]["Requires-Dist"]} <= pinned


def test_its_metadata_leads_to_the_repository(wheel: dict[str, str]) -> None:
    heads, _ = metadata(wheel)
    urls = dict(one.split(", ") for one in heads["Project-URL"])
    assert urls == URLS
    assert all(url.startswith(REPOSITORY) for url in urls.values())
    assert heads["Name"] == ["callrail-reconciler"]
    assert heads["License-Expression"] == ["MIT"]
    assert heads["Description-Content-Type"] == ["text/markdown"]


def test_no_link_of_its_readme_is_relative(wheel: dict[str, str]) -> None:
    _, readme = metadata(wheel)
    targets = re.findall(r"\]\(([^)]+)\)|(?:src|srcset|href)=\"([^\"]+)", readme)
    links = [one or other for one, other in targets]
    assert len(links) > 30
    assert not [link for link in links if not link.startswith("https://")]
    ours = f"{REPOSITORY}/blob/v{VERSION}/"
    raw = ours.replace("github.com", "raw.githubusercontent.com").replace("/blob", "")
    paths = {link.removeprefix(ours).removeprefix(raw).partition("#")[0] for link in links}
    here = [one for one in paths if not one.startswith("https://")]
    assert not [one for one in here if not (ROOT / one).exists()]
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)|<img [^>]*src=\"([^\"]+)", readme)
    assert all((one or other).startswith(raw) for one, other in pictures)
    assert "<picture" not in readme


def test_pypi_can_show_its_readme(wheel: dict[str, str]) -> None:
    renderer = pytest.importorskip("readme_renderer.markdown", reason="it is not installed")
    page = renderer.render(metadata(wheel)[1])
    assert page is not None
    assert "<table>" in page
    assert 'src="https://raw.githubusercontent.com/' in page


def test_a_wheel_from_the_sdist_is_the_same(built: Path, tmp_path: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    build(source, tmp_path / "dist")
    assert contents(tmp_path / "dist") == contents(built)


def git(repository: Path, *arguments: str) -> str:
    environ = NO_GIT | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    command = ["git", *identity, *arguments]
    done = subprocess.run(
        command, cwd=repository, env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, whose source says 0.1.0."""
    monkeypatch.delenv("RECONCILER_VERSION", raising=False)
    source = tmp_path / "clone"
    (source / "reconciler").mkdir(parents=True)
    (source / hatch_build.INIT).write_text('__version__ = "0.1.0"\n', "utf-8")
    git(source, "init", "--quiet")
    git(source, "add", ".")
    commit(source)
    return source


def commit(repository: Path, times: int = 1) -> None:
    for _ in range(times):
        git(repository, "commit", "--quiet", "--allow-empty", "--message", "a")


def test_a_tagged_commit_has_the_tags_version(clone: Path) -> None:
    git(clone, "tag", "v1.2.3")
    git(clone, "tag", "nightly")
    assert hatch_build.version(clone) == "1.2.3"


def test_a_later_commit_has_a_development_version_of_the_next(clone: Path) -> None:
    git(clone, "tag", "--annotate", "v1.2.9", "--message", "a")
    commit(clone, times=2)
    assert hatch_build.version(clone) == f"1.2.10.dev2+g{git(clone, 'describe')[-7:]}"


def test_without_a_tag_it_is_the_sources(clone: Path, tmp_path: Path) -> None:
    assert hatch_build.version(clone) == "0.1.0"
    git(clone, "tag", "v1.2.3")
    commit(clone)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{clone}", "shallow")
    assert hatch_build.version(tmp_path / "shallow") == "0.1.0"


def test_a_copy_in_anothers_repository_does_not_take_its_tag(clone: Path) -> None:
    git(clone, "tag", "v7.0.0")
    copy = clone / "vendor"
    (copy / "reconciler").mkdir(parents=True)
    (copy / hatch_build.INIT).write_text('__version__ = "0.1.0"\n', "utf-8")
    assert hatch_build.version(copy) == "0.1.0"


def test_without_git_it_is_the_sources(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(clone, "tag", "v1.2.3")
    monkeypatch.setenv("PATH", os.devnull)
    assert hatch_build.version(clone) == "0.1.0"


def test_it_can_be_given_where_git_is_not_at_hand(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_VERSION", "3.0.0")
    assert hatch_build.version(clone) == "3.0.0"


def test_nothing_installs_a_bare_name() -> None:
    """The name is not ours on PyPI yet: whoever registers it would be run beside a key."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, env=NO_GIT
    ).stdout.splitlines()
    paths = [ROOT / one for one in listed if not one.startswith(("tests/", "requirements/"))]
    texts = [path.read_text("utf-8", "replace") for path in paths if path.is_file()]
    installs = re.compile(
        r"(?:install|uvx|uv run|pipx run|\bfrom)\b(.*)|^(callrail.*)", re.MULTILINE
    )
    words = [
        word.strip("`\"'(),;")
        for text in texts
        for one, other in installs.findall(text)
        for word in re.sub(r"\S+ @ ", "", one or other).split()
    ]
    assert {"-e", "."} & set(words)
    bare = re.compile(r"callrail[-_.]reconciler(\[.*\])?([=<>~!].*)?")
    assert not [word for word in words if bare.fullmatch(word)]


def test_init_writes_no_bare_name(monkeypatch: pytest.MonkeyPatch) -> None:
    package = SimpleNamespace(read_text=lambda _: None)  # it came from an index
    monkeypatch.setattr(pipelines, "distribution", lambda _: package)
    written = pipelines.requirements(pipelines.own_line())
    lock = (ROOT / "requirements/run.lock").read_text("utf-8")
    lines = written.replace(lock, "").splitlines()
    assert all(line.startswith(("#", "./vendor/")) for line in lines)
