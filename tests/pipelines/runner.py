"""A GitHub runner of a few lines: conditions, protected environments, artifacts, and real bash."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.pipelines import warm
from tests.pipelines.github import GH, REPOSITORY, TOKEN, GitHub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
SECRET = "CALLRAIL_API_KEY"
STAND_IN = f'{sys.executable}" "{ROOT}/tests/pipelines/gh'
"""For GitHub's own command where it is not installed."""
SERVER = "https://github.example"
RUNS = f"{SERVER}/{REPOSITORY}/actions/runs"
STATUS = re.compile(r"\b(cancelled|failure|success|always)\(\)")


class Attempt(Enum):
    """The first attempt of a run, or another of all jobs or of those that failed."""

    FIRST = auto()
    ALL_JOBS = auto()
    FAILED_JOBS = auto()


@dataclass
class Job:
    """What became of a job."""

    result: str
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """Runs workflows on the files of ``repository``; ``environ`` is what its machines have.

    ``stop`` is asked while a step runs, until it gives a signal: SIGINT cancels the run, with
    SIGKILL the machine is lost and nothing of its job comes after.
    """

    repository: Path
    scratch: Path
    environ: dict[str, str]
    key: str
    shell: Sequence[str] = ("-e",)
    base: str = ""
    stop: Callable[[], signal.Signals | None] = lambda: None

    def __post_init__(self) -> None:
        self.github = GitHub()
        self.before: dict[str, Callable[[], object]] = {}
        self.number = self.attempt = 0
        self.done: dict[str, Job] = {}
        self.stopped: list[signal.Signals] = []
        self.cancelled = False
        self.head: dict[str, Any] = {"ref": "main", "repo": {"full_name": "acme/tags"}}
        self.path = programs(self.scratch)
        self.install_gh(GH or STAND_IN)

    def install_gh(self, command: str) -> None:
        """Have machines call ``command`` as GitHub's own."""
        _program(self.scratch / "bin/gh", f'exec "{command}" "$@"')

    @property
    def hub(self) -> dict[str, Any]:
        """What GitHub holds."""
        return self.github.hub

    def save(self, hub: dict[str, Any]) -> None:
        """Replace what GitHub holds."""
        self.github.state = deepcopy(hub)

    def run(
        self,
        workflow: str,
        *,
        event: str = "push",
        ref: str = "refs/heads/main",
        attempt: Attempt = Attempt.FIRST,
        **context: Any,
    ) -> dict[str, Job]:
        """Run a workflow of the repository; ``context`` is ``github.event``, ``inputs`` and so on.

        ``attempt``: of the run before, where it is not the first. ``before`` holds what happens
        before a job starts, such as while others write.
        """
        path = self.repository / ".github/workflows" / workflow
        document = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        first = attempt is Attempt.FIRST
        self.number += first
        self.attempt = 1 if first else self.attempt + 1
        self.cancelled = False
        kept = self._kept(document["jobs"]) if attempt is Attempt.FAILED_JOBS else {}
        payload = {"repository": {"default_branch": "main"}} | context.get("github", {}).get(
            "event", {}
        )
        github = {
            "token": TOKEN,
            "repository": REPOSITORY,
            "event_name": event,
            "event": payload,
            "ref": ref,
            "ref_name": ref.removeprefix("refs/heads/"),
            "run_id": str(self.number),
            "run_attempt": str(self.attempt),
        }
        self.base = "main" if event == "pull_request" else ""
        mine = {"ref": github["ref_name"], "repo": {"full_name": "acme/tags"}}
        self.head = payload.get("pull_request", {}).get("head", mine)
        # What a job that asks for no shell of its own gets has no pipefail.
        named = document.get("defaults", {}).get("run", {}).get("shell") == "bash"
        self.shell = ["--noprofile", "--norc", "-eo", "pipefail"] if named else ["-e"]
        self.done = done = dict(kept)
        environ = document.get("env", {})
        for name, job in document["jobs"].items():
            if name in kept:
                continue
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
            if not holds(condition, scope, failed=bad, unsound=skipped, cancelled=self.cancelled):
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

    def _kept(self, jobs: Mapping[str, Any]) -> dict[str, Job]:
        """The jobs of the run before that are not run again: all but what failed and needs that."""
        again: set[str] = set()
        for name, job in jobs.items():
            needed = job.get("needs", [])
            needs = {needed} if isinstance(needed, str) else {*needed}
            if self.done[name].result in {"failure", "cancelled"} or needs & again:
                again.add(name)
        return {name: job for name, job in self.done.items() if name not in again}

    def _job(self, name: str, job: dict[str, Any], scope: dict[str, Any]) -> Job:
        home = self.scratch / "jobs" / name
        shutil.rmtree(home, ignore_errors=True)
        (home / "temp").mkdir(parents=True)
        shutil.copytree(self.repository, home / "work", symlinks=True)
        scope = scope | {"runner": {"temp": str(home / "temp")}}
        this, steps, failed = Job("success"), dict[str, Any](), False
        self.stopped.clear()
        for number, step in enumerate(job["steps"]):
            inside = scope | {"steps": steps}
            mine = steps[step.get("id", number)] = {"outputs": {}, "outcome": "skipped"}
            condition = step.get("if", "success()")
            stopped = signal.SIGINT in self.stopped
            if signal.SIGKILL in self.stopped or not holds(
                condition, inside, failed=failed, unsound=failed, cancelled=stopped
            ):
                continue
            if "uses" in step:
                given = filled(step.get("with", {}), inside)
                good = self._use(step["uses"].partition("@")[0], given, home, mine["outputs"])
            else:
                good = self._step(this, step, mine, inside, home)
            mine["outcome"] = "success" if good else "failure"
            failed = failed or not (good or step.get("continue-on-error"))
        this.result = "failure" if failed else "success"
        if self.stopped:
            self.cancelled = signal.SIGINT in self.stopped
            this.result = "cancelled" if self.cancelled else "failure"
        if signal.SIGKILL not in self.stopped:
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
        with self.github.serving() as gh_config:
            return self._bash(path, where, {"GH_CONFIG_DIR": str(gh_config), **environ})

    def _bash(
        self, path: Path, where: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            ["/bin/bash", *self.shell, path],
            cwd=where,
            env={
                "PATH": self.path,
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_SERVER_URL": SERVER,
                "GITHUB_SHA": "abc123",
                "GITHUB_BASE_REF": self.base,
                **{name: os.environ[name] for name in os.environ if name.startswith("COV")},
                **self.environ,
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        out, err = self._ended(process)
        return subprocess.CompletedProcess(path, process.returncode, out, err)

    def _ended(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        """What ``process`` prints until it ends, or is stopped."""
        while True:
            try:
                return process.communicate(timeout=0.05)
            except subprocess.TimeoutExpired:
                if (number := self.stop()) is not None:
                    process.send_signal(number)
                    self.stopped.append(number)
                    self.stop = lambda: None

    def _use(
        self, action: str, given: Mapping[str, str], home: Path, outputs: dict[str, str]
    ) -> bool:
        """Whether ``action`` succeeds; artifacts belong to the run, and to whoever's it was."""
        if action == "actions/upload-artifact":
            return self._upload(given, outputs)
        if action == "actions/download-artifact":
            wanted = _matching(given.get("pattern", given.get("name", "")))
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

    def _upload(self, given: Mapping[str, str], outputs: dict[str, str]) -> bool:
        paths = [one for one in Path("/").glob(given["path"].lstrip("/")) if one.is_file()]
        if paths:
            number = self.keep(given["name"], *paths, overwrite=given.get("overwrite") == "True")
            outputs["artifact-url"] = f"{RUNS}/{self.number}/artifacts/{number}"
        return bool(paths) or given.get("if-no-files-found") == "ignore"

    def keep(self, name: str, *paths: Path, overwrite: bool = False) -> int:
        """Make ``paths`` an artifact of the run that is at work, or was last; returns its id."""
        hub = self.hub
        hub["next"] += 1
        (self.scratch / "artifacts").mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.scratch / "artifacts"))
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
        return int(row["id"])


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


def _matching(pattern: str) -> re.Pattern[str]:
    """Names of artifacts that fit ``pattern``, with ``*`` and ``{one,another}`` in it."""
    spelled = pattern.replace("*", ".*").replace("{", "(?:").replace("}", ")").replace(",", "|")
    return re.compile(spelled)


def holds(
    condition: str, scope: dict[str, Any], *, failed: bool, unsound: bool, cancelled: bool
) -> bool:
    """Whether an ``if`` holds; one that asks for no status asks for success."""
    bare = condition.strip().removeprefix("${{").removesuffix("}}").strip()
    good = not (unsound or cancelled)
    status = {"cancelled": cancelled, "failure": failed, "success": good, "always": True}
    asks = STATUS.search(bare) is not None
    bare = STATUS.sub(lambda found: str(status[found[1]]), bare)
    bare = re.sub(r"\b[a-z]+(?:\.\w+)+", lambda found: repr(value_at(found[0], scope)), bare)
    bare = bare.replace("&&", " and ").replace("||", " or ")
    bare = re.sub(r"!(?!=)", " not ", bare)
    return (asks or good) and bool(eval(bare, {}))


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
    results = {part.result for part in parts}
    worst = next((one for one in ("cancelled", "failure") if one in results), "success")
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
