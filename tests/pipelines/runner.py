"""A GitHub runner of a few lines: conditions, protected environments, artifacts, and real bash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.pipelines import warm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
SECRET = "CALLRAIL_API_KEY"
STATUS = re.compile(r"\b(cancelled|failure|success|always)\(\)")
LIMITED = {"deployment_branch_policy": {"protected_branches": True}, "protection_rules": []}
"""What GitHub says of an environment that is limited to the default branch."""


@dataclass
class Job:
    """What became of a job."""

    result: str
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """Runs workflows on the files of ``repository``; ``environ`` is what its machines have."""

    repository: Path
    scratch: Path
    environ: dict[str, str]
    key: str
    shell: Sequence[str] = ("-e",)
    base: str = ""

    def __post_init__(self) -> None:
        self.hub_path = self.scratch / "hub.json"
        self.before: dict[str, Callable[[], object]] = {}
        self.number = 0
        self.head: dict[str, Any] = {"ref": "main", "repo": {"full_name": "acme/tags"}}
        self.save(
            {"pulls": [], "comments": {}, "issues": [], "reviews": [], "artifacts": [],
             "tip": "abc123", "next": 100,
             "environments": {"callrail": LIMITED, "callrail-purge": LIMITED},
             "calls": 0, "fails_at": 0}
        )  # fmt: skip
        self.path = programs(self.scratch)
        _program(
            self.scratch / "bin/gh", f'exec "{sys.executable}" "{ROOT}/tests/pipelines/gh" "$@"'
        )

    @property
    def hub(self) -> dict[str, Any]:
        """What the fake GitHub holds."""
        hub: dict[str, Any] = json.loads(self.hub_path.read_text("utf-8"))
        return hub

    def save(self, hub: dict[str, Any]) -> None:
        """Replace what the fake GitHub holds."""
        self.hub_path.parent.mkdir(parents=True, exist_ok=True)
        self.hub_path.write_text(json.dumps(hub), "utf-8")

    def run(
        self,
        workflow: str,
        *,
        event: str = "push",
        ref: str = "refs/heads/main",
        again: bool = False,
        **context: Any,
    ) -> dict[str, Job]:
        """Run a workflow of the repository; ``context`` is ``github.event``, ``inputs`` and so on.

        ``again``: all jobs of the run before are run anew. ``before`` holds what happens before a
        job starts, such as while others write.
        """
        path = self.repository / ".github/workflows" / workflow
        document = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        self.number += not again
        payload = {"repository": {"default_branch": "main"}} | context.get("github", {}).get(
            "event", {}
        )
        github = {
            "token": "gh-token",
            "repository": "acme/tags",
            "event_name": event,
            "event": payload,
            "ref": ref,
            "ref_name": ref.removeprefix("refs/heads/"),
            "run_id": str(self.number),
            "run_attempt": "2" if again else "1",
        }
        self.base = "main" if event == "pull_request" else ""
        mine = {"ref": github["ref_name"], "repo": {"full_name": "acme/tags"}}
        self.head = payload.get("pull_request", {}).get("head", mine)
        # What a job that asks for no shell of its own gets has no pipefail.
        named = document.get("defaults", {}).get("run", {}).get("shell") == "bash"
        self.shell = ["--noprofile", "--norc", "-eo", "pipefail"] if named else ["-e"]
        done: dict[str, Job] = {}
        environ = document.get("env", {})
        for name, job in document["jobs"].items():
            needed = job.get("needs", [])
            needs = {one: done[one] for one in ([needed] if isinstance(needed, str) else needed)}
            bad = any(one.result == "failure" for one in needs.values())
            skipped = any(one.result != "success" for one in needs.values())
            environment = self.hub["environments"].get(job.get("environment"))
            scope = {
                "github": github,
                "env": environ,
                "inputs": context.get("inputs", {}),
                "needs": {
                    key: {"outputs": one.outputs, "result": one.result}
                    for key, one in needs.items()
                },
                "secrets": {SECRET: self.key} if environment else {},
            }
            condition = job.get("if", "success()")
            if not holds(condition, scope, failed=bad, unsound=skipped):
                done[name] = Job("skipped")
                continue
            if environment and environment["deployment_branch_policy"] and ref != "refs/heads/main":
                done[name] = Job("failure", f"{ref} is not allowed to deploy")
                continue
            self.before.get(name, lambda: None)()
            parts = [
                self._job(f"{name}{number or ''}", job, scope | {"matrix": matrix})
                for number, matrix in enumerate(_matrix(job))
            ]
            done[name] = _together(parts)
        return done

    def _job(self, name: str, job: dict[str, Any], scope: dict[str, Any]) -> Job:
        home = self.scratch / "jobs" / name
        shutil.rmtree(home, ignore_errors=True)
        (home / "temp").mkdir(parents=True)
        shutil.copytree(self.repository, home / "work", symlinks=True)
        scope = scope | {"runner": {"temp": str(home / "temp")}}
        this, steps, failed = Job("success"), dict[str, Any](), False
        for number, step in enumerate(job["steps"]):
            inside = scope | {"steps": steps}
            mine = steps[step.get("id", number)] = {"outputs": {}, "outcome": "skipped"}
            if not holds(step.get("if", "success()"), inside, failed=failed, unsound=failed):
                continue
            if "uses" in step:
                given = filled(step.get("with", {}), inside)
                good = self._use(step["uses"].partition("@")[0], given, home)
            else:
                good = self._step(this, step, mine, inside, home)
            mine["outcome"] = "success" if good else "failure"
            failed = failed or not (good or step.get("continue-on-error"))
        this.result = "failure" if failed else "success"
        this.outputs = filled(job.get("outputs", {}), scope | {"steps": steps})
        return this

    def _step(
        self,
        job: Job,
        step: dict[str, Any],
        mine: dict[str, Any],
        scope: dict[str, Any],
        home: Path,
    ) -> bool:
        """Whether the script of ``step`` succeeds; ``mine`` gets its outputs."""
        files = {key: home / f"{key}-{len(job.log)}" for key in ("OUTPUT", "STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", "utf-8")
        done = self.bash(
            step["run"],
            home / "work" / filled({"at": step.get("working-directory", ".")}, scope)["at"],
            scope["env"]
            | filled(step.get("env", {}), scope)
            | {f"GITHUB_{key}": str(path) for key, path in files.items()}
            | {"RUNNER_TEMP": str(home / "temp"), "GITHUB_RUN_ID": str(self.number)},
        )
        job.log += done.stdout + done.stderr
        job.summary += files["STEP_SUMMARY"].read_text("utf-8")
        lines = files["OUTPUT"].read_text("utf-8").splitlines()
        mine["outputs"] = dict(ln.split("=", 1) for ln in lines)
        return done.returncode == 0

    def bash(
        self, script: str, where: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a step's script as runners do."""
        path = self.scratch / "step.sh"
        path.write_text(script, "utf-8")
        return subprocess.run(
            ["/bin/bash", *self.shell, path],
            cwd=where,
            env={
                "PATH": self.path,
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "acme/tags",
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_RUN_ID": "1",
                "GITHUB_SHA": "abc123",
                "GITHUB_BASE_REF": self.base,
                "FAKE_GITHUB": str(self.hub_path),
                **{name: os.environ[name] for name in os.environ if name.startswith("COV")},
                **self.environ,
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def _use(self, action: str, given: Mapping[str, str], home: Path) -> bool:
        """Whether ``action`` succeeds; artifacts belong to the run, and to whoever's it was."""
        if action == "actions/upload-artifact":
            return self._upload(given, home)
        if action == "actions/download-artifact":
            wanted = re.compile(given.get("pattern", given.get("name", "")).replace("*", ".*"))
            run = int(given.get("run-id", self.number))
            found = [
                row
                for row in self.hub["artifacts"]
                if row["workflow_run"]["id"] == run and wanted.fullmatch(row["name"])
            ]
            for row in found:
                target = home / "work" / given.get("path", ".")
                shutil.copytree(row["folder"], target, dirs_exist_ok=True)
            return bool(found) or "pattern" in given
        assert action in {"actions/checkout", "actions/setup-python"}, action
        return True

    def _upload(self, given: Mapping[str, str], home: Path) -> bool:
        paths = [one for one in Path("/").glob(given["path"].lstrip("/")) if one.is_file()]
        if paths:
            self.keep(given["name"], *paths, overwrite=given.get("overwrite") == "True")
        return bool(paths) or given.get("if-no-files-found") == "ignore"

    def keep(self, name: str, *paths: Path, overwrite: bool = False) -> None:
        """Make ``paths`` an artifact of the run that is at work, or was last."""
        hub = self.hub
        hub["next"] += 1
        folder = self.scratch / "artifacts" / str(hub["next"])
        folder.mkdir(parents=True)
        for path in paths:
            shutil.copy(path, folder)
        others = [
            row
            for row in hub["artifacts"]
            if (row["workflow_run"]["id"], row["name"]) != (self.number, name)
        ]
        assert overwrite or len(others) == len(hub["artifacts"]), f"{name} is there"
        run = {
            "id": self.number,
            "head_branch": self.head["ref"],
            "repository_id": 1,
            "head_repository_id": 1 if self.head["repo"]["full_name"] == "acme/tags" else 2,
        }
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        row = {"id": hub["next"], "name": name, "expired": False, "created_at": now}
        row |= {"workflow_run": run, "folder": str(folder)}
        self.save(hub | {"artifacts": [row, *others]})


_INSTALLING = f"""\
if [ "$1 $2 $3" = "-I -m venv" ]; then
  mkdir -p "$4/bin" && cp "{{installed}}" "$4/bin/python"
else
  exec "{sys.executable}" "$@"
fi"""
"""What stands for the runner's Python: its environments are made of a file."""
_INSTALLED = """\
if [ "$1 $2 $3" = "-I -m pip" ]; then
  test -f "${{@: -1}}"
elif [ "$1 $2 $3" = "-I -m reconciler" ]; then
  exec {command} "${{@:4}}"
else
  exec {python} "$@"
fi"""
"""What stands for the Python of an environment: all that is to be installed is there."""
_PYTHON = f'"{sys.executable}"'


def holds(condition: str, scope: dict[str, Any], *, failed: bool, unsound: bool) -> bool:
    """Whether an ``if`` holds; one that asks for no status asks for success."""
    bare = condition.strip().removeprefix("${{").removesuffix("}}").strip()
    status = {"cancelled": False, "failure": failed, "success": not unsound, "always": True}
    asks = STATUS.search(bare) is not None
    bare = STATUS.sub(lambda found: str(status[found[1]]), bare)
    bare = re.sub(r"\b[a-z]+(?:\.\w+)+", lambda found: repr(value_at(found[0], scope)), bare)
    bare = bare.replace("&&", " and ").replace("||", " or ")
    bare = re.sub(r"!(?!=)", " not ", bare)
    return (asks or not unsound) and bool(eval(bare, {}))


def filled(values: Mapping[str, Any], scope: dict[str, Any]) -> dict[str, str]:
    """``values`` with their expressions replaced."""
    return {
        name: re.sub(
            r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: value_at(found[1], scope), str(value)
        )
        for name, value in values.items()
    }


def value_at(path: str, scope: dict[str, Any]) -> str:
    """The value of ``a.b.c``; empty where there is none, as on a runner."""
    found: Any = scope
    for part in path.split("."):
        found = found.get(part, "") if isinstance(found, dict) else ""
    return str(found)


def _matrix(job: dict[str, Any]) -> list[dict[str, str]]:
    axes = job.get("strategy", {}).get("matrix", {})
    return [{name: value} for name, values in axes.items() for value in values] or [{}]


def _together(parts: list[Job]) -> Job:
    worst = "failure" if any(part.result == "failure" for part in parts) else "success"
    log, summary = "".join(one.log for one in parts), "".join(one.summary for one in parts)
    return Job(worst, log, summary, parts[-1].outputs)


def programs(scratch: Path) -> str:
    """A search path with what stands for a machine's Python, and its own programs."""
    found = scratch / "bin"
    found.mkdir(parents=True)
    (found / "reconciler").symlink_to(Path(sys.executable).parent / "reconciler")
    _install(scratch, warm.program())
    _program(found / "python", _INSTALLING.format(installed=scratch / "python"))
    return f"{found}:/usr/bin:/bin"


def start_cold(scratch: Path) -> None:
    """From now on the interpreter itself loads the command, from the folder of the step."""
    _install(scratch, f"{_PYTHON} -I -m reconciler")


def _install(scratch: Path, command: str) -> None:
    _program(scratch / "python", _INSTALLED.format(command=command, python=_PYTHON))


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}\n", "utf-8")
    path.chmod(0o755)
