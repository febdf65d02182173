"""``--webhook``: one POST of what became of a run, which can neither change nor leak anything."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest

from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.workspace import Workspace

PATH = "/services/T0/B0/token-of-the-channel"


class Got(NamedTuple):
    """A request that the channel got."""

    line: str
    headers: dict[str, str]
    body: dict[str, Any]


class Channel(HTTPServer):
    """Stands in for Slack; answers ``status``, and sends elsewhere where it is a redirect."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[Got] = []
        self.status = 200

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PATH}"


class Handler(BaseHTTPRequestHandler):
    server: Channel

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.got.append(Got(self.requestline, headers, json.loads(body)))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST  # noqa: N815 - a followed redirect would come as one

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def channel() -> Iterator[Channel]:
    """A channel on loopback."""
    with Channel() as listening:
        yield listening


def posted(channel: Channel) -> dict[str, Any]:
    """The one thing that it was told, which is what the schema says."""
    (got,) = channel.got
    assert got.line == f"POST {PATH} HTTP/1.1"
    assert got.headers["content-type"] == "application/json"
    validate(got.body, "notice")
    return got.body


def test_an_apply_reports_what_it_did(workspace: Workspace, channel: Channel) -> None:
    workspace.declare("- name: New Tag\n- name: Other <!channel> Tag")
    ran = workspace.run("apply --auto-approve --webhook", channel.url)
    assert ran.code == 0
    body = posted(channel)
    assert body["text"] == (
        "reconciler apply (acme): Applied: 2 done. Verified: live state was read once more, and "
        "all of the plan is there. Exit code 0."
    )
    assert (body["command"], body["exit_code"], body["complete"]) == ("apply", 0, True)
    assert body["results"]["done"] == body["plan"]["create"] == 2
    assert (body["accounts"], body["unread"], body["error"]) == (["acme"], [], None)
    assert "New Tag" not in json.dumps(body)


def test_drift_reports_what_differs(workspace: Workspace, channel: Channel) -> None:
    workspace.declare("- name: New Tag")
    workspace.environ |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b"}
    workspace.environ |= {"GITHUB_RUN_ID": "7"}
    assert workspace.run("drift --webhook", channel.url).code == 2
    body = posted(channel)
    run_url = "https://github.com/a/b/actions/runs/7"
    assert body["text"].startswith("reconciler drift (acme): Drift: 1 difference in 1 place; ")
    assert body["text"].endswith(f" Exit code 2. {run_url}")
    assert (body["exit_code"], body["plan"]["create"], body["run"]) == (2, 1, run_url)
    assert (body["results"], body["complete"]) == (None, None)


def test_what_ended_a_run_is_reported(workspace: Workspace, channel: Channel) -> None:
    workspace.write("reconciler.yaml", "version: 1\ntagz: []\n")
    assert workspace.run("drift --webhook", channel.url).code == 1
    body = posted(channel)
    assert body["error"]
    assert body["plan"] is None
    assert body["text"].startswith("reconciler drift: ")


def test_a_refused_apply_is_reported_and_stays_refused(
    workspace: Workspace, channel: Channel
) -> None:
    workspace.declare("- name: New Tag")
    wrong = f"sha256:{0:064}"
    ran = workspace.run(f"apply --auto-approve --expect-digest {wrong} --webhook", channel.url)
    assert ran.code == 5
    assert " (acme): Nothing was changed: " in posted(channel)["text"]
    assert workspace.writes == []


def test_no_key_and_nothing_that_calls_a_person_gets_there(
    workspace: Workspace, channel: Channel
) -> None:
    key = workspace.environ["CALLRAIL_API_KEY"]
    workspace.declare("- name: New Tag")
    workspace.environ["CALLRAIL_API_KEY"] = "wrong-key-of-somebody"
    assert workspace.run("apply --auto-approve --webhook", channel.url).code == 4
    workspace.environ["CALLRAIL_API_KEY"] = key
    workspace.environ["CI_JOB_URL"] = f"https://ci.example/{key}"
    workspace.write("<!channel>.yaml", "version: 1\ntagz: []\n")
    workspace.run("drift -c", "<!channel>.yaml", "--webhook", channel.url)
    assert len(channel.got) == 2
    for got in channel.got:
        everything = json.dumps(got)
        assert key not in everything
        assert "wrong-key-of-somebody" not in everything
        assert not {"authorization", "cookie", "x-api-key"} & got.headers.keys()
        assert "<" not in got.body["text"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_one_that_does_not_take_it_changes_no_exit_code(
    workspace: Workspace, channel: Channel, status: int
) -> None:
    channel.status = status
    workspace.declare("- name: New Tag")
    ran = workspace.run("apply --auto-approve --webhook", channel.url)
    assert ran.code == 0
    assert f"the webhook at 127.0.0.1 was not notified: it answered {status}" in ran.err
    assert "its exit code stays 0" in ran.err
    assert PATH not in ran.err + ran.out
    assert len(channel.got) == 1


def test_one_that_is_not_there_changes_no_exit_code(workspace: Workspace, channel: Channel) -> None:
    url = channel.url
    channel.server_close()
    workspace.declare("- name: New Tag")
    ran = workspace.run("drift -vv --webhook", url)
    assert ran.code == 2
    assert "the webhook at 127.0.0.1 was not notified: no connection" in ran.err
    assert PATH not in ran.err + ran.out


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "it is empty"),
        ("http://hooks.example/secret-path", "plain http"),
        ("http://127.0.0.1.example/secret-path", "plain http"),
        ("ftp://hooks.example/secret-path", "not an https address"),
        ("hooks.example/secret-path", "not an https address"),
        ("https:///secret-path", "not an https address"),
        ("https://me:secret-path@hooks.example/", "a user name or password"),
        ("https://hooks.example/secret-path#x", "a character"),
        ("https://hooks.example/secret-path\nX: y", "a character"),
        ("https://hooks.example:x/secret-path", "not an address"),
        (f"https://hooks.example/secret-path{'x' * 2_000}", "too long"),
    ],
)
def test_an_unsafe_address_is_refused_before_anything_is_sent(
    workspace: Workspace, url: str, reason: str
) -> None:
    workspace.declare("- name: New Tag")
    ran = workspace.run("apply --auto-approve --webhook", url)
    assert ran.code == 64
    assert reason in ran.err
    assert "secret-path" not in ran.err
    assert len(workspace.sandbox.log.entries) == 0
