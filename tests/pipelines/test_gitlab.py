"""GitLab's pipeline, played from the merge request to the purge, and attacked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import Workspace
from tests.pipelines.gitlab import Hub, Job, Runner
from tests.pipelines.runner import ROOT, SECRET, start_cold
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIPELINE: dict[str, Any] = yaml.safe_load(
    (ROOT / "examples/ci/gitlab/gitlab-ci.yml").read_text("utf-8")
)
JOBS = {name: one for name, one in PIPELINE.items() if isinstance(one, dict) and "stage" in one}
HEAD = """\
version: 1
accounts:
  acme:
    id: ACC019c46b8a0807fbdb81c8bf12af91cb3
    limits: {delete_percent: 100}
tags:
"""
NEW = "- {name: New Tag, color: blue1}\n"
GONE = "- {name: Schedule requested, state: absent, note: Over.}\n"
MERGE = "merge_request_event"
PLAN = "<!-- reconciler: plan -->"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="reference")) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Sandbox) -> Workspace:
    """A repository with the pipeline for GitLab."""
    directory = tmp_path / "repository"
    directory.mkdir()
    workspace = Workspace.at(directory, sandbox)
    workspace.write("reconciler.yaml", HEAD + "- {name: Opportunity, companies: all}\n")
    assert workspace.run("init --ci gitlab").code == 0
    return workspace


@pytest.fixture
def runner(tmp_path: Path, workspace: Workspace) -> Iterator[Runner]:
    environ = {name: value for name, value in workspace.environ.items() if name != SECRET}
    with Hub() as hub:
        yield Runner(
            workspace.directory, tmp_path / "runner", environ, workspace.environ[SECRET], hub
        )


def codes(jobs: dict[str, Job]) -> dict[str, int | None]:
    return {name: one.code for name, one in jobs.items()}


def propose(runner: Runner, workspace: Workspace, tags: str) -> Job:
    """A merge request for ``tags``; its plan."""
    workspace.write("reconciler.yaml", HEAD + "- {name: Opportunity, companies: all}\n" + tags)
    return runner.run(MERGE)["plan"]


def merge(runner: Runner, **variables: str) -> dict[str, Job]:
    """What the push of the merge starts."""
    runner.hub.merged["abc123"] = [3]
    return runner.run("push", **variables)


def ready(runner: Runner) -> None:
    """The schedule of every hour has taken a snapshot."""
    assert codes(runner.run("schedule")) == {"snapshot": 0}


def digest(note: str) -> str:
    return note.partition("Digest: `")[2].partition("`")[0]


def test_what_is_reviewed_is_applied_and_the_rest_is_purged_by_hand(
    runner: Runner, workspace: Workspace
) -> None:
    ready(runner)
    sent = len(workspace.sandbox.log.entries)
    planned = propose(runner, workspace, NEW + GONE)
    assert planned.code == 0, planned.log
    assert len(workspace.sandbox.log.entries) == sent, "a merge request has no key"
    (note,) = runner.hub.notes[3]
    assert note["body"].startswith(f"{PLAN}\n")
    assert "New Tag" in note["body"]
    assert "minutes old)" in note["body"]
    jobs = merge(runner)
    assert codes(jobs) == {"compare": 0, "apply": 0, "snapshot": 0}, jobs["compare"].log
    assert set(workspace.tags()) == {"New Tag", "Opportunity", "Schedule requested"}
    assert [one["body"].split("\n")[0] for one in runner.hub.notes[3]] == [
        PLAN,
        "<!-- reconciler: report -->",
    ]
    left = workspace.document("plan")
    jobs = runner.run("web", DO="purge", DIGEST=left["digest"])
    assert codes(jobs) == {"purge": 0, "snapshot": 0}, jobs["purge"].log
    assert set(workspace.tags()) == {"New Tag", "Opportunity"}


def test_a_push_with_nothing_to_do_ends_green(runner: Runner, workspace: Workspace) -> None:
    jobs = merge(runner)
    assert codes(jobs) == {"compare": 0, "apply": 0, "snapshot": 0}
    assert "There is nothing to do." in jobs["compare"].log
    assert workspace.writes == []


def test_drift_between_review_and_merge_is_left_out(runner: Runner, workspace: Workspace) -> None:
    git = Repository.at(workspace.directory)
    base = git.commit()
    ready(runner)
    workspace.write("reconciler.yaml", HEAD + "- {name: Opportunity, companies: all}\n" + NEW)
    git.commit()
    planned = runner.run(MERGE, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)["plan"]
    assert planned.code == 0, planned.log
    opportunity = workspace.tags()["Opportunity"]["id"]
    workspace.sandbox.store.run("UPDATE tags SET status = 'disabled' WHERE id = ?", (opportunity,))
    jobs = merge(runner, CI_COMMIT_BEFORE_SHA=base)
    assert codes(jobs) == {"compare": 0, "apply": 0, "snapshot": 0}, jobs["compare"].log
    assert "New Tag" in workspace.tags()
    assert workspace.tags()["Opportunity"]["status"] == "disabled"


def test_another_plan_than_the_reviewed_one_is_refused_and_can_be_typed_in(
    runner: Runner, workspace: Workspace
) -> None:
    ready(runner)
    assert propose(runner, workspace, NEW).code == 0
    workspace.write(
        "reconciler.yaml", HEAD + "- {name: Opportunity, companies: all}\n- name: Another\n"
    )
    jobs = merge(runner)
    assert codes(jobs) == {"compare": 5, "snapshot": 0}
    assert workspace.writes == []
    log = jobs["compare"].log
    assert f"not the reviewed {digest(runner.hub.notes[3][0]['body'])}. Nothing was done." in log
    assert "+ create  Another" in log
    again = log.rpartition("DIGEST=")[2].split()[0]
    jobs = runner.run("web", DO="apply", DIGEST=again)
    assert codes(jobs) == {"compare": 0, "apply": 0, "snapshot": 0}
    assert "Another" in workspace.tags()


def test_without_a_token_the_digest_is_typed_in(runner: Runner, workspace: Workspace) -> None:
    runner.token = None
    ready(runner)
    assert propose(runner, workspace, NEW).code == 0
    jobs = merge(runner)
    assert codes(jobs) == {"compare": 5, "snapshot": 0}
    assert "not the reviewed (none was found). Nothing was done." in jobs["compare"].log
    again = jobs["compare"].log.rpartition("DIGEST=")[2].split()[0]
    assert codes(runner.run("web", DO="apply", DIGEST=again))["apply"] == 0
    assert "New Tag" in workspace.tags()
    assert runner.hub.calls == []


@pytest.mark.parametrize("premium", [True, False])
def test_a_snapshot_is_found_on_each_plan_of_gitlab(
    runner: Runner, workspace: Workspace, premium: bool
) -> None:
    runner.hub.premium = premium
    ready(runner)
    if premium:
        runner.hub.package = b"forged"
    assert propose(runner, workspace, NEW).code == 0


def test_without_a_snapshot_there_is_no_plan_to_approve(
    runner: Runner, workspace: Workspace
) -> None:
    planned = propose(runner, workspace, NEW)
    assert planned.code == 1
    assert "There is no snapshot of live state" in planned.log
    assert runner.hub.notes == {}
    workspace.write("reconciler.yaml", HEAD + "- nam: Typo\n")
    assert "is not known here" in runner.run(MERGE)["plan"].log


def test_an_old_snapshot_s_plan_has_no_digest(runner: Runner, workspace: Workspace) -> None:
    ready(runner)
    assert runner.hub.live is not None
    old = json.loads(runner.hub.live)
    old["created_at"] = (datetime.now(UTC) - timedelta(hours=25)).isoformat(timespec="seconds")
    runner.hub.live = json.dumps(old).encode()
    planned = propose(runner, workspace, NEW)
    assert planned.code == 1
    (note,) = runner.hub.notes[3]
    assert "**The snapshot is older than a day**" in note["body"]
    assert "Digest" not in note["body"]
    assert codes(merge(runner)) == {"compare": 5, "snapshot": 0}


def test_an_approval_that_a_push_outdates_is_named_in_a_new_note(
    runner: Runner, workspace: Workspace
) -> None:
    ready(runner)
    runner.hub.approved = ["ann", "bob"]
    propose(runner, workspace, NEW)
    propose(runner, workspace, NEW)
    assert len(runner.hub.notes[3]) == 1
    before = digest(runner.hub.notes[3][0]["body"])
    propose(runner, workspace, NEW + "- name: Another\n")
    first, second = runner.hub.notes[3]
    assert second["body"] == (
        "The plan is another one since @ann @bob approved it. "
        f"It was `{before}` and is `{digest(first['body'])}`."
    )


def test_other_people_s_notes_are_no_review(runner: Runner, workspace: Workspace) -> None:
    ready(runner)
    propose(runner, workspace, NEW)
    runner.hub.notes[3][0]["author"]["id"] = 8
    assert codes(merge(runner)) == {"compare": 5, "snapshot": 0}
    assert workspace.writes == []


def test_three_merges_in_a_row_apply_each_what_was_reviewed(
    runner: Runner, workspace: Workspace
) -> None:
    tags = ""
    for name in ("One", "Two", "Three"):
        ready(runner)
        tags += f"- name: {name}\n"
        assert propose(runner, workspace, tags).code == 0
        assert codes(merge(runner))["apply"] == 0
    assert {"One", "Two", "Three"} <= set(workspace.tags())


def test_a_quota_that_ends_it_is_waited_for_by_running_it_again(tmp_path: Path) -> None:
    """As ``retry`` has it: the same plan again, and what is done is skipped."""
    with Sandbox(Options(seed="reference", quota=None)) as sandbox, Hub() as hub:
        directory = tmp_path / "repository"
        directory.mkdir()
        workspace = Workspace.at(directory, sandbox)
        workspace.write("reconciler.yaml", HEAD + "- {name: Opportunity, companies: all}\n")
        assert workspace.run("init --ci gitlab").code == 0
        text = workspace.read(".gitlab-ci.yml").replace("--max-wait 45m", "--max-requests 8")
        workspace.write(".gitlab-ci.yml", text)
        environ = {name: value for name, value in workspace.environ.items() if name != SECRET}
        runner = Runner(directory, tmp_path / "runner", environ, workspace.environ[SECRET], hub)
        ready(runner)
        tags = "".join(f"- name: Tag {number}\n" for number in range(12))
        assert propose(runner, workspace, tags).code == 0
        jobs = merge(runner)
        assert jobs["apply"].code == 0, jobs["apply"].log
        assert jobs["apply"].runs > 1
        assert len(workspace.writes) == 12


def test_drift_keeps_one_issue(runner: Runner, workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", HEAD + NEW)
    for _ in range(2):
        assert codes(runner.run("schedule", DO="drift")) == {"drift": 0, "snapshot": 0}
    (issue,) = runner.hub.issues
    assert issue["state"] == "opened"
    assert "New Tag" in issue["description"]
    assert workspace.run("apply --auto-approve").code == 0
    runner.run("schedule", DO="drift")
    assert issue["state"] == "closed"


def test_without_a_token_drift_fails(runner: Runner, workspace: Workspace) -> None:
    runner.token = None
    workspace.write("reconciler.yaml", HEAD + NEW)
    assert runner.run("schedule", DO="drift")["drift"].code == 2


@pytest.mark.parametrize("number", range(1, 4))
def test_an_api_that_fails_makes_no_second_note_and_no_write(
    runner: Runner, workspace: Workspace, number: int
) -> None:
    ready(runner)
    propose(runner, workspace, NEW)
    seen = len(runner.hub.calls)
    runner.hub.fails = lambda call: call >= seen + number
    planned = propose(runner, workspace, NEW)
    assert (planned.code == 0) == (len(runner.hub.calls) < seen + number)
    assert len(runner.hub.notes[3]) == 1
    seen = len(runner.hub.calls)
    jobs = merge(runner)
    assert jobs["compare"].code != 0
    assert "GitLab does not answer as it should (500)" in jobs["compare"].log
    assert workspace.writes == []


ATTACK = """\
plan:
  stage: plan
  rules: [{if: $CI_PIPELINE_SOURCE == "merge_request_event"}]
  environment: callrail
  script: [env, reconciler apply --auto-approve --allow-deletes]
"""


def test_a_merge_request_that_rewrites_the_pipeline_has_no_key(
    runner: Runner, workspace: Workspace
) -> None:
    head = workspace.read(".gitlab-ci.yml").partition("\nplan:\n")[0]
    workspace.write(".gitlab-ci.yml", f"{head}\n{ATTACK}")
    workspace.write("reconciler.yaml", HEAD + NEW)
    jobs = runner.run(MERGE)
    assert jobs["plan"].code == 4
    assert runner.key not in jobs["plan"].log
    assert workspace.writes == []


@pytest.mark.parametrize("planted", ["venv.py", "pip/__init__.py", "yaml.py", "json.py", "re.py"])
def test_no_file_of_the_repository_runs_beside_the_key(
    runner: Runner, workspace: Workspace, planted: str
) -> None:
    start_cold(runner.scratch)
    path = workspace.directory / planted
    path.parent.mkdir(exist_ok=True)
    path.write_text('open("owned", "w"); raise SystemExit(99)')
    ready(runner)
    propose(runner, workspace, NEW)
    assert codes(merge(runner)) == {"compare": 0, "apply": 0, "snapshot": 0}
    assert not (workspace.directory / "owned").exists()


def test_a_name_can_t_pass_for_the_digest(runner: Runner, workspace: Workspace) -> None:
    ready(runner)
    forged = f"Digest: `sha256:{'0' * 64}`"
    assert propose(runner, workspace, f'- name: "x\\n{forged}"\n').code == 1
    note = f"\n{forged}\n"
    assert propose(runner, workspace, NEW.replace("}", f", note: {json.dumps(note)}}}")).code == 0
    assert codes(merge(runner)) == {"compare": 0, "apply": 0, "snapshot": 0}


def test_a_forged_package_writes_nothing_that_was_not_reviewed(
    runner: Runner, workspace: Workspace
) -> None:
    runner.hub.premium = False
    ready(runner)
    assert runner.hub.package is not None
    forged = json.loads(runner.hub.package)
    forged["accounts"][0]["tags"] = []
    runner.hub.package = json.dumps(forged).encode()
    assert propose(runner, workspace, NEW + GONE).code == 0
    assert codes(merge(runner)) == {"compare": 5, "snapshot": 0}
    assert workspace.writes == []


def test_only_jobs_of_a_protected_environment_have_a_key_and_none_is_a_merge_request_s() -> None:
    for name, job in JOBS.items():
        environment = job.get("environment", {})
        named = environment if isinstance(environment, str) else environment.get("name")
        rules = [one["if"] for one in job["rules"]]
        merge_request = any("merge_request_event" in one for one in rules)
        assert (named is None) == merge_request == (name == "plan"), name
        writes = "apply" in " ".join(job["script"]).replace("DO=apply", "")
        assert (job.get("resource_group") == "callrail") == (name in {"apply", "purge"}) == writes
    assert JOBS["purge"]["environment"] != JOBS["apply"]["environment"]


def test_the_purge_wants_a_digest_and_a_person(runner: Runner, workspace: Workspace) -> None:
    assert codes(runner.run("web", DO="purge", DIGEST="$(id)")) == {"purge": 1, "snapshot": 0}
    for source in ("api", "trigger", "schedule", "push"):
        assert "purge" not in runner.run(source, DO="purge", DIGEST=f"sha256:{'0' * 64}")
    assert workspace.writes == []
