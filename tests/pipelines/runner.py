"""A GitHub runner of a few lines: conditions, environments, artifacts, and real bash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
SECRET = "CALLRAIL_API_KEY"
STATUS = re.compile(r"\b(cancelled|failure|success|always)\(\)")


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

    def __post_init__(self) -> None:
        self.hub_path = self.scratch / "hub.json"
        self.artifacts: dict[str, Path] = {}
        self.before: dict[str, Callable[[], object]] = {}
        self.save({"pulls": [], "comments": {}, "issues": [], "next": 100})
        programs = self.scratch / "bin"
        programs.mkdir(parents=True)
        (programs / "reconciler").symlink_to(Path(sys.executable).parent / "reconciler")
        _program(programs / "gh", f'exec "{sys.executable}" "{ROOT}/tests/pipelines/gh" "$@"')
        _program(programs / "python", 'test "$1 $2 $3" = "-m pip install" && test -f "${@: -1}"')
        self.path = f"{programs}:/usr/bin:/bin"

    @property
    def hub(self) -> dict[str, Any]:
        """What the fake GitHub holds."""
        hub: dict[str, Any] = json.loads(self.hub_path.read_text("utf-8"))
        return hub

    def save(self, hub: dict[str, Any]) -> None:
        """Replace what the fake GitHub holds."""
        self.hub_path.parent.mkdir(parents=True, exist_ok=True)
        self.hub_path.write_text(json.dumps(hub), "utf-8")

    def run(self, workflow: str, **context: Any) -> dict[str, Job]:
        """Run a workflow of the repository; ``context`` is ``github.event``, ``inputs`` and so on.

        ``before`` holds what happens before a job starts, such as while approvers sleep over it.
        """
        path = self.repository / ".github/workflows" / workflow
        jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
        done: dict[str, Job] = {}
        self.artifacts.clear()
        for name, job in jobs.items():
            needed = job.get("needs", [])
            needs = {one: done[one] for one in ([needed] if isinstance(needed, str) else needed)}
            bad = any(one.result == "failure" for one in needs.values())
            skipped = any(one.result != "success" for one in needs.values())
            scope = {
                "github": {"token": "gh-token", "repository": "acme/tags"} | context["github"],
                "inputs": context.get("inputs", {}),
                "needs": {key: {"outputs": one.outputs} for key, one in needs.items()},
                "secrets": {SECRET: self.key} if "environment" in job else {},
            }
            condition = job.get("if", "success()")
            if not holds(condition, scope, failed=bad, unsound=skipped):
                done[name] = Job("skipped")
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
        shutil.copytree(self.repository, home / "work")
        this, steps, failed = Job("success"), dict[str, Any](), False
        for number, step in enumerate(job["steps"]):
            inside = scope | {"steps": steps}
            if not holds(step.get("if", "success()"), inside, failed=failed, unsound=failed):
                continue
            if "uses" in step:
                self._use(
                    step["uses"].partition("@")[0], filled(step.get("with", {}), inside), home
                )
                continue
            files = {key: home / f"{key}-{number}" for key in ("OUTPUT", "STEP_SUMMARY")}
            for path in files.values():
                path.touch()
            done = self.bash(
                step["run"],
                home / "work",
                filled(step.get("env", {}), inside)
                | {f"GITHUB_{key}": str(path) for key, path in files.items()},
            )
            this.log += done.stdout + done.stderr
            this.summary += files["STEP_SUMMARY"].read_text("utf-8")
            failed = failed or done.returncode != 0
            lines = files["OUTPUT"].read_text("utf-8").splitlines()
            steps[step.get("id", number)] = {"outputs": dict(ln.split("=", 1) for ln in lines)}
        this.result = "failure" if failed else "success"
        this.outputs = filled(job.get("outputs", {}), scope | {"steps": steps})
        return this

    def bash(
        self, script: str, where: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a step's script as runners do."""
        path = self.scratch / "step.sh"
        path.write_text(script, "utf-8")
        return subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", path],
            cwd=where,
            env={
                "PATH": self.path,
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "acme/tags",
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_RUN_ID": "1",
                "GITHUB_SHA": "abc123",
                "FAKE_GITHUB": str(self.hub_path),
                **{name: os.environ[name] for name in os.environ if name.startswith("COV")},
                **self.environ,
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def _use(self, action: str, given: Mapping[str, str], home: Path) -> None:
        if action == "actions/upload-artifact":
            kept = self.artifacts[given["name"]] = home / "artifact"
            kept.mkdir()
            for path in (home / "work").glob(given["path"]):
                shutil.copy(path, kept)
        elif action == "actions/download-artifact":
            wanted = re.compile(given.get("pattern", given.get("name", "")).replace("*", ".*"))
            target = home / "work" / given.get("path", ".")
            for name, kept in self.artifacts.items():
                if wanted.fullmatch(name):
                    shutil.copytree(kept, target, dirs_exist_ok=True)
        else:
            assert action in {"actions/checkout", "actions/setup-python"}, action


def holds(condition: str, scope: dict[str, Any], *, failed: bool, unsound: bool) -> bool:
    """Whether an ``if`` holds; one that asks for no status asks for success."""
    bare = condition.strip().removeprefix("${{").removesuffix("}}").strip()
    status = {"cancelled": False, "failure": failed, "success": not unsound, "always": True}
    asks = STATUS.search(bare) is not None
    bare = STATUS.sub(lambda found: str(status[found[1]]), bare)
    bare = re.sub(r"\b[a-z]+(?:\.\w+)+", lambda found: repr(looked_up(found[0], scope)), bare)
    bare = bare.replace("&&", " and ").replace("||", " or ")
    bare = re.sub(r"!(?!=)", " not ", bare)
    return (asks or not unsound) and bool(eval(bare, {}))


def filled(values: Mapping[str, Any], scope: dict[str, Any]) -> dict[str, str]:
    """``values`` with their expressions replaced."""
    return {
        name: re.sub(
            r"\$\{\{\s*([\w.]+)\s*\}\}", lambda found: looked_up(found[1], scope), str(value)
        )
        for name, value in values.items()
    }


def looked_up(path: str, scope: dict[str, Any]) -> str:
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


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}\n", "utf-8")
    path.chmod(0o755)
