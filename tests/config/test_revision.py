"""The configuration of another commit is read by the rules for files, and nothing is run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.config import load_base
from reconciler.errors import ConfigError, RevisionError
from tests.repository import Repository, plain

if TYPE_CHECKING:
    from reconciler.config import Configuration

HEAD = "version: 1\naccounts:\n  acme: {id: ACC019c46b8a0807fbdb81c8bf12af91cb3}\n"


def tags(*names: str, head: str = HEAD) -> str:
    return head + "tags:\n" + "".join(f"  - name: {name}\n" for name in names)


more = "version: 1\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """One in which the run stands."""
    made = Repository.at(tmp_path / "repository")
    monkeypatch.chdir(made.top)
    return made


def base(*paths: str, ref: str = "main", **environ: str) -> Configuration:
    given = [Path(one) for one in paths or ("reconciler.yaml",)]
    return load_base(given, ref, plain(Path.cwd()) | environ)[1]


def names(configuration: Configuration) -> list[str]:
    return sorted(entry.name for entry in configuration.entries)


def why(*paths: str, ref: str = "main", **environ: str) -> str:
    with pytest.raises(RevisionError) as caught:
        base(*paths, ref=ref, **environ)
    return caught.value.message


def test_the_files_of_the_commit_count_and_not_those_at_hand(repository: Repository) -> None:
    commit = repository.commit(reconciler=tags("Old"))
    repository.commit(reconciler=tags("New"))
    Path("reconciler.yaml").write_text("not YAML: [")
    found, configuration = load_base([Path("reconciler.yaml")], commit, plain(Path.cwd()))
    assert (found, names(configuration)) == (commit, ["Old"])
    assert configuration.files == (f"{commit}:reconciler.yaml",)


def test_what_the_other_branch_has_got_since_is_not_its_base(repository: Repository) -> None:
    repository.commit(reconciler=tags("Old"))
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(reconciler=tags("Old", "Mine"))
    repository.git("checkout", "-q", "main")
    repository.commit(reconciler=tags("Old", "Theirs"))
    repository.git("checkout", "-q", "change")
    assert names(base()) == ["Old"]
    # In a merge of both, as CI builds pull requests, the branch's tip is.
    repository.git("merge", "-q", "-s", "ours", "-m", "Merge", "main")
    assert names(base()) == ["Old", "Theirs"]


def test_a_directory_has_the_files_of_that_commit(repository: Repository) -> None:
    repository.commit(
        conf__a=tags("A"),
        conf__deep__b=tags("B", head=more),
        conf__gone=tags("Gone", head=more),
        **{"conf__.hidden": "no YAML: [", "other": "no YAML: ["},
    )
    (repository.top / "conf/notes.txt").write_text("none")
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(conf__gone=None, conf__new=tags("New", head=more))
    assert names(base("conf")) == ["A", "B", "Gone"]
    assert names(base("conf", "conf/a.yaml", "./conf/../conf")) == ["A", "B", "Gone"]
    assert names(base("conf/new.yaml", "conf/a.yaml")) == ["A"]


def test_a_commit_without_the_files_declares_nothing(repository: Repository) -> None:
    repository.commit(readme="text: true")
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(reconciler=tags("New"))
    assert base().entries == ()


def test_from_a_folder_below_and_by_an_absolute_path(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(conf__a=tags("A"))
    path = repository.top / "conf/a.yaml"
    monkeypatch.chdir(repository.top / "conf")
    assert names(base("a.yaml")) == names(base(str(path))) == names(base(".")) == ["A"]
    monkeypatch.chdir(repository.top.parent)
    assert names(base("repository/conf")) == names(base(str(path))) == ["A"]


def link(repository: Repository, name: str, target: str) -> None:
    path = repository.top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def test_links_are_followed_inside_the_commit(repository: Repository) -> None:
    link(repository, "conf/linked.yaml", "a.yaml")
    link(repository, "short", "conf")
    link(repository, "conf/..data/b.yaml", "../c.yml")
    repository.commit(conf__a=tags("A"))
    assert names(base("conf")) == names(base("short")) == ["A"]
    assert names(base("short/linked.yaml")) == ["A"]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("conf/out.yaml", "../other.yaml"),
        ("conf/out.yaml", "../../outside.yaml"),
        ("conf/out.yaml", "/etc/passwd.yaml"),
        ("conf/loop.yaml", "loop.yaml"),
        ("conf/folder", "../elsewhere"),
        ("conf/secret.yaml", ".env"),
        ("conf/nothing.yaml", "nowhere.yaml"),
    ],
)
def test_a_link_that_would_not_be_followed_on_disk_is_not_followed(
    repository: Repository, name: str, target: str
) -> None:
    (repository.top / "conf").mkdir()
    (repository.top / "conf/.env").write_text("KEY=1")
    link(repository, name, target)
    repository.commit(conf__a=tags("A"), other=tags("B"), elsewhere__c=tags("C"))
    assert "link" in why("conf")


def test_a_base_that_does_not_parse_names_where(repository: Repository) -> None:
    repository.commit(reconciler="version: 1\ntags: [\n")
    with pytest.raises(ConfigError) as caught:
        base()
    source = caught.value.problems[0].source
    assert source is not None
    assert source.file == "main:reconciler.yaml"


def test_no_git_no_repository_no_such_commit(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(reconciler=tags("A"))
    assert why(PATH="/nowhere") == "git is not installed"
    assert why(ref="gone") == 'there is no commit "gone" here'
    assert why(ref="main\nmain").endswith("is not the name of a revision")
    for dashed in ("-h", "--upload-pack=x"):
        assert why(ref=dashed).endswith("is not the name of a revision")
    monkeypatch.chdir(repository.top.parent)
    Path("reconciler.yaml").write_text(tags("A"))
    assert why() == "the configuration is in no git repository"
    Repository.at(repository.top.parent / "second").commit(a=tags("B", head=more))
    assert "another repository" in why("repository/reconciler.yaml", "second/a.yaml")


def test_a_shallow_clone_reports_it(repository: Repository, tmp_path: Path) -> None:
    repository.commit(reconciler=tags("Old"))
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(reconciler=tags("New"))
    clone = Repository(tmp_path / "clone")
    repository.git("clone", "-q", "--depth=1", f"file://{repository.top}", str(clone.top))
    path = str(clone.top / "reconciler.yaml")
    assert why(path, ref="origin/main").endswith("this clone is shallow, fetch all of its history")
    clone.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    assert "no commit in common: this clone is shallow" in why(path, ref="origin/main")
    clone.git("fetch", "-q", "--unshallow", "origin")
    assert names(base(path, ref="origin/main")) == ["Old"]


def test_another_users_repository_is_reported(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(reconciler=tags("A"))
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(repository.top, 12345, 12345)
    os.chown(repository.top / ".git", 12345, 12345)
    assert "safe.directory" in why()


def test_nothing_that_a_checkout_names_is_run(repository: Repository) -> None:
    repository.commit(reconciler=tags("A"))
    trap = repository.top / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository.top}/sprung\ncat\n")
    trap.chmod(0o755)
    (repository.top / ".gitattributes").write_text("*.yaml filter=trap diff=trap\n")
    for key in ("core.fsmonitor", "core.pager", "filter.trap.smudge", "diff.trap.textconv",
                "core.sshCommand", "core.editor", "alias.cat-file"):  # fmt: skip
        repository.git("config", key, str(trap))
    repository.git("config", "core.hooksPath", str(repository.top))
    shutil.copy(trap, repository.top / "post-index-change")
    assert names(base()) == ["A"]
    assert not (repository.top / "sprung").exists()


def test_a_replaced_object_is_not_taken(repository: Repository) -> None:
    old = repository.commit(reconciler=tags("Old"))
    new = repository.commit(reconciler=tags("New"))
    repository.git("replace", old, new)
    assert names(base(ref=old)) == ["Old"]


def test_a_folder_that_looks_like_a_repository_is_not_asked(repository: Repository) -> None:
    conf = repository.top / "conf"
    Repository.at(repository.top.parent / "bare").commit(a=tags("Forged"))
    shutil.copytree(repository.top.parent / "bare/.git", conf)
    repository.commit(conf__a=tags("A"))
    assert "cannot use bare repository" in why("conf/a.yaml")


def test_bounds_are_those_of_files(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(conf__a=tags("A"), conf__b=tags("B", head=more))
    monkeypatch.setattr("reconciler.config.revision.MOST_FILES", 1)
    assert "more files" in why("conf")
    monkeypatch.setattr("reconciler.config.revision.LARGEST_FILE", 50)
    assert "is over 0 MiB" in why("conf")
