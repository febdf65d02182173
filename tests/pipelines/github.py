"""A GitHub of a few pages: as much of its API as the workflows ask for, over a Unix socket.

GitHub's own command reaches it there by ``http_unix_socket`` in its configuration, which makes it
send plain HTTP; to it the host is ``api.github.com``.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import threading
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = "acme/tags"
TOKEN = "gh-token"
BOT = {"login": "github-actions[bot]"}
PAGE = 2
"""Rows a page, however many are asked for: few, so that filters meet several."""
LONGEST = 65_536
"""Characters of a comment or an issue; GitHub takes no more."""
LIMITED = {"deployment_branch_policy": {"protected_branches": True}, "protection_rules": []}
"""What GitHub says of an environment that is limited to the default branch."""
GH = shutil.which("gh")
"""GitHub's own command, where it is installed."""


class Request(NamedTuple):
    """What was asked, below the repository."""

    method: str
    path: str
    query: Mapping[str, str]
    fields: Mapping[str, Any]


class Answer(NamedTuple):
    """What is said to it; ``more``: another page follows."""

    status: int
    body: Any
    more: bool = False


class GitHub:
    """What GitHub holds of one repository; ``state`` is all of it.

    Call number ``fails_at`` fails as a server does that is down.
    """

    def __init__(self) -> None:
        self.state: dict[str, Any] = {
            "pulls": [], "comments": {}, "issues": [], "reviews": [], "artifacts": [],
            "tip": "abc123", "next": 3_000_000_000,
            "environments": {"callrail": LIMITED, "callrail-purge": LIMITED},
            "calls": 0, "fails_at": 0,
        }  # fmt: skip
        self.asked: list[Request] = []

    @contextmanager
    def serving(self) -> Iterator[Path]:
        """The folder of a configuration with which GitHub's command comes here."""
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                github.handle(self)

            def do_POST(self) -> None:
                github.handle(self)

            def do_PATCH(self) -> None:
                github.handle(self)

            def log_message(self, *_args: object) -> None:
                pass

        # Not below pytest's folders: the name of a socket has 107 characters at most.
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "config.yml").write_text(f"http_unix_socket: {folder}/socket\n", "utf-8")
            with ThreadingUnixStreamServer(str(folder / "socket"), Handler) as server:
                thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
                thread.start()
                try:
                    yield folder
                finally:
                    server.shutdown()
                    thread.join()

    def handle(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        sent = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        target = urlsplit(asked.path)
        query = {name: values[-1] for name, values in parse_qs(target.query).items()}
        path = target.path.lstrip("/")
        request = Request(asked.command, path, query, json.loads(sent) if sent else {})
        answer = self._checked(request, asked.headers.get("Authorization"))
        data = json.dumps(answer.body).encode()
        asked.send_response(answer.status)
        asked.send_header("Content-Type", "application/json; charset=utf-8")
        asked.send_header("Content-Length", str(len(data)))
        if answer.more:
            following = urlencode({**query, "page": int(query.get("page", "1")) + 1})
            link = f'<https://api.github.com/{path}?{following}>; rel="next"'
            asked.send_header("Link", link)
        asked.end_headers()
        asked.wfile.write(data)

    def _checked(self, request: Request, authorization: str | None) -> Answer:
        self.asked.append(request)
        self.state["calls"] += 1
        if self.state["calls"] == self.state["fails_at"]:
            return Answer(502, {"message": "Server Error"})
        if authorization not in {f"token {TOKEN}", f"Bearer {TOKEN}"}:
            return Answer(401, {"message": "Bad credentials"})
        if int(request.query.get("per_page", "30")) > 100:
            return Answer(422, {"message": "per_page is at most 100"})
        where = request.path.removeprefix(f"repos/{REPOSITORY}/")
        found = Answer(404, {"message": "Not Found"})
        if where != request.path:
            found = self._one(request, where) or self._rows(request, where) or found
        return found

    def _one(self, request: Request, where: str) -> Answer | None:
        """Of what there is one at its path."""
        if request.method == "GET":
            if found := re.fullmatch(r"environments/([a-z-]+)", where):
                environment = self.state["environments"].get(found[1])
                return environment and Answer(200, {"name": found[1], **environment})
            if where == "git/ref/heads/main":
                return Answer(200, {"object": {"sha": self.state["tip"]}})
        elif found := re.fullmatch(r"issues/comments/(\d+)", where):
            every = [row for rows in self.state["comments"].values() for row in rows]
            return _changed(request, every, "id", int(found[1]))
        elif found := re.fullmatch(r"issues/(\d+)", where):
            return _changed(request, self.state["issues"], "number", int(found[1]))
        return None

    def _rows(self, request: Request, where: str) -> Answer | None:
        rows = self._table(where)
        if rows is None:
            return None
        if request.method == "POST":
            if (refused := _refused(request.fields)) is not None:
                return refused
            number = self.state["next"] = self.state["next"] + 1
            rows.append(
                {"id": number, "number": number, "state": "open", "user": BOT, **request.fields}
            )
            return Answer(201, rows[-1])
        if request.method != "GET":
            return None
        for name in {"name", "state"} & request.query.keys():
            rows = [row for row in rows if row.get(name) == request.query[name]]
        first = PAGE * (int(request.query.get("page", "1")) - 1)
        page = rows[first : first + PAGE]
        listed = where.endswith("artifacts")
        body: Any = {"total_count": len(rows), "artifacts": page} if listed else page
        return Answer(200, body, more=len(rows) > first + PAGE)

    def _table(self, where: str) -> list[dict[str, Any]] | None:
        """The rows that a path leads to."""
        rows: list[dict[str, Any]] | None = None
        if re.fullmatch(r"commits/\w+/pulls", where):
            rows = self.state["pulls"]
        elif found := re.fullmatch(r"issues/(\d+)/comments", where):
            rows = self.state["comments"].setdefault(found[1], [])
        elif re.fullmatch(r"pulls/\d+/reviews", where):
            rows = self.state["reviews"]
        elif where in {"actions/artifacts", "issues"}:
            rows = self.state[where.removeprefix("actions/")]
        elif found := re.fullmatch(r"actions/runs/(\d+)/artifacts", where):
            run, every = int(found[1]), self.state["artifacts"]
            rows = [row for row in every if row["workflow_run"]["id"] == run]
        return rows

    @property
    def hub(self) -> dict[str, Any]:
        """A copy of all that it holds."""
        return deepcopy(self.state)


def _changed(request: Request, rows: list[dict[str, Any]], key: str, number: int) -> Answer | None:
    row = next((row for row in rows if row[key] == number), None)
    if row is None or request.method != "PATCH":
        return None
    if (refused := _refused({"body": row["body"], **request.fields})) is not None:
        return refused
    row.update(request.fields)
    return Answer(200, row)


def _refused(fields: Mapping[str, Any]) -> Answer | None:
    """What GitHub says of a text that is none, or too long."""
    body = fields.get("body")
    if isinstance(body, str) and body.strip() and len(body) <= LONGEST:
        return None
    return Answer(422, {"message": "Validation Failed"})
