"""``reconciler sandbox`` as a program: what it says, serves, keeps, and how it ends."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli_runner import run
from tests.sandbox.client import ACCOUNT, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = shutil.which("reconciler", path=str(Path(sys.executable).parent))


@contextmanager
def serving(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, running, and what it has said; interrupted in the end."""
    assert COMMAND is not None
    with subprocess.Popen(
        [COMMAND, "sandbox", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = ""
        try:
            while "MATON_API_KEY" not in printed:
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                printed += line
            yield process, printed
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def exported(printed: str) -> list[tuple[str, str]]:
    """The variables that it says to export, in order."""
    return re.findall(r"export (\w+)=(\S+)", printed)


def fetch(url: str, headers: dict[str, str], method: str = "GET", body: object = None) -> Any:
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, raw, headers, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer) if answer.status != 204 else None


def test_it_reports_how_to_reach_it_and_ends_well() -> None:
    with serving("--seed", "reference") as (process, printed):
        assert f"{ACCOUNT}  My Account" in printed
        assert "Traceback" not in printed
        (api, url), (_, key), *maton = exported(printed)
        assert api == "RECONCILER_API_URL"
        headers = {"Authorization": f'Token token="{key}"'}
        assert fetch(f"{url}/v3/a.json", headers)["total_records"] == 1
        (_, gateway), (_, control), (_, secret) = maton
        headers = {"Authorization": f"Bearer {secret}"}
        assert fetch(f"{gateway}/v3/a.json", headers)["total_records"] == 1
        assert len(fetch(f"{control}/connections", headers)["connections"]) == 1
    assert process.returncode == 0


def test_sigterm_ends_it_too() -> None:
    with serving("--seed", "empty") as (process, _printed):
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_what_was_kept_in_a_file_is_there_again(tmp_path: Path) -> None:
    flags = ("--seed", "reference", "--db", str(tmp_path / "state.db"))
    tags = f"/v3/a/{ACCOUNT}/tags"
    with serving(*flags) as (_process, printed):
        (_, url), (_, key), *_ = exported(printed)
        headers = {"Authorization": f'Token token="{key}"'}
        body = {"name": "Kept", "tag_level": "account"}
        made = fetch(f"{url}{tags}.json", headers, "POST", body)
        fetch(f"{url}{tags}/7886728.json", headers, "DELETE")
    with serving(*flags) as (_process, printed):
        (_, url), *_ = exported(printed)
        found = fetch(f"{url}{tags}.json", headers)["tags"]
        assert [tag["name"] for tag in found] == ["Schedule requested", "Kept"]
        assert found[1] == made | {"id": int(made["id"])}


def test_requests_are_logged_and_the_flags_hold() -> None:
    flags = ("--log-requests", "--quota", "1", "--switch", "retry_after=seconds")
    with serving("--seed", "reference", *flags, "--fault", "GET users status=503") as (
        process,
        printed,
    ):
        (_, url), (_, key), *_ = exported(printed)
        headers = {"Authorization": f'Token token="{key}"'}
        fetch(f"{url}/v3/a/{ACCOUNT}/tags.json?page=1", headers)
        with pytest.raises(urllib.error.HTTPError, match="429"):
            fetch(f"{url}/v3/a/{ACCOUNT}/tags.json", headers)
        with pytest.raises(urllib.error.HTTPError, match="503"):
            fetch(f"{url}/v3/a/{ACCOUNT}/users.json", headers)
        assert process.stderr is not None
        # A line is written after the answer, so that two may change places.
        lines = {process.stderr.readline() for _ in range(3)}
    assert lines == {
        f"GET /v3/a/{ACCOUNT}/tags.json?page=1 -> 200\n",
        f"GET /v3/a/{ACCOUNT}/tags.json -> 429\n",
        f"GET /v3/a/{ACCOUNT}/users.json -> 503\n",
    }


def test_latency_is_a_request_s(start: Callable[..., Client]) -> None:
    client = start(latency=0.05)
    begun = time.monotonic()
    client.names()
    assert 0.05 <= time.monotonic() - begun < 2


def test_what_was_logged_can_t_forge_a_line(
    start: Callable[..., Client], capfd: pytest.CaptureFixture[str]
) -> None:
    client = start(log_requests=True)
    host, port = client.sandbox.server.server_address[:2]
    with socket.create_connection((str(host), int(port)), timeout=5) as raw:
        raw.sendall(b"GET /\x1b[2J\x9b HTTP/1.0\r\n\r\n")
        while raw.recv(4_096):
            pass
    assert capfd.readouterr().err == "GET /\\u001b[2J\\u009b -> 401\n"


@pytest.mark.parametrize(
    ("flags", "printed"),
    [
        (("--port", "99999"), "'99999' is not a number from 0 to 65,535"),
        (("--port", "\u00b2"), "is not a number from 0 to 65,535"),
        (("--seed", "nonsense"), "no seed 'nonsense'"),
        (("--latency", "5x"), "write 50ms, 2s or 1h"),
        (("--quota", "-3"), "is not a number from 0"),
        (("--switch", "palette=pink"), "palette takes reference or any or page or narrow"),
        (("--switch", "nonsense=1"), "no switch 'nonsense'"),
        (("--fault", "GET * explode"), "no action 'explode'"),
        (("--db", "."), ". is not a database of the sandbox"),
    ],
)
def test_a_wrong_flag_is_a_usage_error(flags: tuple[str, ...], printed: str) -> None:
    ran = run("sandbox", *flags)
    assert (ran.code, ran.out) == (64, "")
    assert printed in ran.err
    assert "bug" not in ran.err


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy milk, and not a little of it.")
    ran = run("sandbox", "--db", str(file))
    assert (ran.code, file.read_text()) == (64, "Buy milk, and not a little of it.")


def test_a_port_that_is_taken_is_a_usage_error(direct: Client) -> None:
    ran = run("sandbox", "--seed", "empty", "--port", direct.sandbox.url.rpartition(":")[2])
    assert ran.code == 64
    assert "in use" in ran.err


def test_help_names_switches_and_faults() -> None:
    ran = run("sandbox", "--help")
    assert "second_delete=404|204" in ran.out
    assert "reset-after-commit" in ran.out


def test_a_trial_account_s_quota_can_be_staged() -> None:
    flags = ("--quota", "250", "--daily-quota", "2500", "--others-used", "240")
    with serving("--seed", "reference", *flags) as (_process, printed):
        (_, url), (_, key), *_ = exported(printed)
        request = urllib.request.Request(
            f"{url}/v3/a/{ACCOUNT}/tags.json", headers={"Authorization": f"Token token={key}"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.headers["X-Rate-Limit-Hourly-Used"] == "241"
            assert answer.headers["X-Rate-Limit-Daily-Allowed"] == "2500"
