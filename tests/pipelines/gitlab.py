"""A GitLab of a few pages: its API over HTTP, and a runner for its jobs with real bash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.pipelines.runner import SECRET, programs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BOT = 7
"""The user of the project access token."""
PROTECTED = ("callrail", "callrail-purge")


class Hub:
    """What GitLab holds of one project, and its API.

    ``premium``: job tokens may read artifacts. ``fails``: whether a call to the API proper fails,
    by its number. ``merged`` are the merge requests of each commit.
    """

    def __init__(self) -> None:
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.merged: dict[str, list[int]] = {}
        self.approved: list[str] = []
        self.live: bytes | None = None
        self.package: bytes | None = None
        self.premium = True
        self.calls: list[str] = []
        self.fails: Callable[[int], bool] = lambda _call: False
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("GET")

            def do_POST(self) -> None:
                self._answer("POST")

            def do_PUT(self) -> None:
                self._answer("PUT")

            def _answer(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                code, payload = hub.answer(method, self.path, dict(self.headers), body)
                data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v4"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any]:
        path = urlsplit(target).path.removeprefix("/api/v4").removeprefix("/projects/1")
        if "Job-Token" in headers or "JOB-TOKEN" in headers:
            return self._of_job(method, path, body)
        self.calls.append(f"{method} {path}")
        if self.fails(len(self.calls)):
            return 500, {"message": "no"}
        if headers.get("Private-Token", headers.get("PRIVATE-TOKEN")) != "notes-token":
            return 401, {}
        page = int(parse_qs(urlsplit(target).query).get("page", ["1"])[0])
        sent = json.loads(body) if body else {}
        return self._of_user(method, path, sent, page)

    def _of_job(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/jobs/artifacts/main/raw/live.json":
            found = self.live if self.premium else None
            return (404, {}) if found is None else (200, found)
        assert path == "/packages/generic/reconciler/live/live.json"
        if method == "PUT":
            self.package = body
            return 201, {}
        return (404, {}) if self.package is None else (200, self.package)

    def _of_user(self, method: str, path: str, sent: Any, page: int) -> tuple[int, Any]:
        rows: list[dict[str, Any]] | None = None
        if path == "/user":
            return 200, {"id": BOT}
        if found := re.fullmatch(r"/repository/commits/(\w+)/merge_requests", path):
            numbers = self.merged.get(found[1], [])
            rows = [{"iid": one, "merge_commit_sha": found[1]} for one in numbers]
        elif found := re.fullmatch(r"/merge_requests/\d+/approvals", path):
            return 200, {"approved_by": [{"user": {"username": one}} for one in self.approved]}
        elif found := re.fullmatch(r"/merge_requests/(\d+)/notes(?:/(\d+))?", path):
            rows = self._noted(method, self.notes.setdefault(int(found[1]), []), found[2], sent)
        else:
            rows = self._issued(method, path, sent)
        if method != "GET":
            return 201, {}
        return 200, rows[(page - 1) * 100 : page * 100]

    def _noted(
        self, method: str, notes: list[dict[str, Any]], number: str, sent: Any
    ) -> list[dict[str, Any]]:
        if method == "PUT":
            next(one for one in notes if one["id"] == int(number)).update(sent)
        elif method == "POST":
            notes.append({"id": len(notes) + 1, "author": {"id": BOT}, **sent})
        return notes

    def _issued(self, method: str, path: str, sent: Any) -> list[dict[str, Any]]:
        if method == "POST":
            number = len(self.issues) + 1
            self.issues.append({"iid": number, "state": "opened", "author": {"id": BOT}, **sent})
        elif method == "PUT":
            closed = {"state": "closed"} if sent.get("state_event") == "close" else {}
            self.issues[int(path.rpartition("/")[2]) - 1].update(sent | closed)
        return [one for one in self.issues if one["state"] == "opened"]


@dataclass
class Job:
    """What became of a job: its exit code (None: not run), and what it printed."""

    code: int | None = None
    log: str = ""
    runs: int = 0


@dataclass
class Runner:
    """Runs the pipeline of ``repository``. ``key`` is a protected variable of the environments."""

    repository: Path
    scratch: Path
    environ: dict[str, str]
    key: str
    hub: Hub
    token: str | None = "notes-token"
    before: dict[str, Callable[[], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path = programs(self.scratch)

    def run(self, source: str, *, sha: str = "abc123", **variables: str) -> dict[str, Job]:
        """Run the pipeline that ``source`` starts, on the default branch or of merge request 3."""
        pipeline = yaml.load(
            (self.repository / ".gitlab-ci.yml").read_text("utf-8"), yaml.CSafeLoader
        )
        merge_request = source == "merge_request_event"
        known = {
            name: str(one["value"] if isinstance(one, dict) else one)
            for name, one in pipeline["variables"].items()
        }
        known |= {
            "CI_PIPELINE_SOURCE": source,
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": sha,
            "CI_PROJECT_ID": "1",
            "CI_API_V4_URL": self.hub.url,
            "CI_JOB_TOKEN": "job-token",
            "CI_JOB_URL": "https://gitlab.example/job/1",
            "GITLAB_CI": "true",
            "CI": "true",
        }
        known |= (
            {"CI_MERGE_REQUEST_IID": "3", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
            if (merge_request)
            else {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "0" * 40}
        )
        if self.token is not None:
            known["RECONCILER_GITLAB_TOKEN"] = self.token
        known |= variables
        if not any(holds(one["if"], known) for one in pipeline["workflow"]["rules"]):
            return {}
        done: dict[str, Job] = {}
        kept: dict[str, dict[str, bytes]] = {}
        failed = False
        for stage in pipeline["stages"]:
            now_failed = failed
            for name, job in pipeline.items():
                if not isinstance(job, dict) or job.get("stage") != stage:
                    continue
                rule = next((one for one in job["rules"] if holds(one["if"], known)), None)
                if rule is None or (failed and rule.get("when") != "always"):
                    continue
                files: dict[str, bytes] = {}
                for one in job.get("needs", ()):
                    files |= kept[one]
                self.before.get(name, lambda: None)()
                done[name], kept[name] = self._job(pipeline, name, job, known, files)
                now_failed = now_failed or done[name].code != 0
            failed = now_failed
        live = kept.get("snapshot", {}).get("live.json")
        if live is not None and not failed:
            self.hub.live = live
        return done

    def _job(
        self,
        pipeline: Mapping[str, Any],
        name: str,
        job: Mapping[str, Any],
        known: Mapping[str, str],
        files: Mapping[str, bytes],
    ) -> tuple[Job, dict[str, bytes]]:
        environment = job.get("environment", {})
        named = environment if isinstance(environment, str) else environment.get("name")
        protected = named in PROTECTED and known["CI_PIPELINE_SOURCE"] != "merge_request_event"
        this = Job()
        retry = job.get("retry", {"max": 0, "exit_codes": []})
        while True:
            home = self.scratch / "builds" / name
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(self.repository, home, symlinks=True)
            for path, data in files.items():
                (home / path).write_bytes(data)
            environ = {**known, "CI_PROJECT_DIR": str(home)} | (
                {SECRET: self.key} if protected else {}
            )
            lines = [*pipeline["default"]["before_script"], *job["script"]]
            ran = self.bash("\n".join(lines), home, environ)
            this.runs += 1
            this.code, this.log = ran.returncode, this.log + ran.stdout + ran.stderr
            if job.get("after_script"):
                after = self.bash("\n".join(job["after_script"]), home, environ)
                this.log += after.stdout + after.stderr
            if this.code not in retry["exit_codes"] or this.runs > retry["max"]:
                break
        paths = job.get("artifacts", {}).get("paths", ())
        found = {one: (home / one).read_bytes() for one in paths if (home / one).is_file()}
        always = job.get("artifacts", {}).get("when") == "always"
        return this, found if always or this.code == 0 else {}

    def bash(
        self, script: str, where: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a script as GitLab's runner does where there is bash."""
        return subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=where,
            env={
                "PATH": self.path,
                **{name: os.environ[name] for name in os.environ if name.startswith("COV")},
                **self.environ,
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )


def holds(rule: str, variables: Mapping[str, str]) -> bool:
    """Whether an ``if`` of a rule holds: comparisons with ``==``, ``!=``, ``&&`` and ``||``."""
    condition = re.sub(r"\$(\w+)", lambda found: repr(variables.get(found[1])), rule)
    return bool(eval(condition.replace("&&", " and ").replace("||", " or "), {}))
