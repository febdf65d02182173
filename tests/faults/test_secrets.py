"""A canary for a key, through every command at -vv under every fault: it shows up nowhere."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Fault, Options, Sandbox
from reconciler.sandbox.faults import Do
from tests.cli_runner import direct, gateway, run
from tests.faults.hostile import Asked, Hostile, response
from tests.faults.scene import SEED, configuration_text

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary/9f3a+TOKEN=77e1"
ENCODED = base64.b64encode(CANARY.encode()).decode()
COMMANDS = (
    "plan",
    "plan --format json --out plan.json --report html=plan.html --report markdown=plan.md",
    "plan --show-unmanaged --impact --format markdown",
    "drift --format html",
    "apply --auto-approve --allow-deletes --format json --report json=report.json",
    "apply --auto-approve --no-deletes --report markdown=report.md",
    "apply plan.json --allow-deletes",
    "import",
    "validate",
    "snapshot --out live.json",
    "show plan.json",
    "get accounts",
    "get tags --format csv",
    "get calls --format yaml",
    "get companies COM1",
    "doctor",
    "doctor --format json",
)
MATON_ONLY = ("connections list", "connections create", "connections get x")
FAULTS: list[tuple[Do, str]] = [
    (Do.REFUSE, ""),
    (Do.RESET, ""),
    (Do.RESET_AFTER, ""),
    (Do.TRUNCATE, ""),
    *((Do.STATUS, status) for status in ("400", "401", "403", "404", "422", "500", "503")),
    *((Do.BODY, body) for body in ("html", "empty", "list", "deep")),
    (Do.REDIRECT, "http://127.0.0.1:9/elsewhere"),
    (Do.GZIP_BOMB, ""),
]


def look_for_leaks(directory: Path, environ: dict[str, str], commands: tuple[str, ...]) -> None:
    """Run ``commands`` in ``directory``; the key is in no output and in no file."""
    for line in commands:
        ran = run(*line.split(), "-vv", environ=environ, cwd=directory)
        for text in (ran.out, ran.err):
            for secret in (CANARY, ENCODED, CANARY.replace("/", "\\/"), "TOKEN=77e1"):
                assert secret not in text, f"{line}: {text}"
    for path in directory.iterdir():
        if path.name != "key":
            assert b"TOKEN=77e1" not in path.read_bytes(), path


def keys(*, maton: bool) -> dict[str, tuple[str, ...]]:
    return {"maton_keys" if maton else "direct_keys": (CANARY,)}


def through(sandbox: Sandbox, *, maton: bool) -> dict[str, str]:
    return gateway(sandbox) if maton else direct(sandbox)


def under(directory: Path, fault: Fault, *, maton: bool) -> None:
    (directory / "reconciler.yaml").write_text(configuration_text(), "utf-8")
    options = Options(seed=SEED, **keys(maton=maton))  # type: ignore[arg-type]
    with Sandbox(replace(options, faults=(fault,))) as sandbox:
        commands = COMMANDS + MATON_ONLY if maton else COMMANDS
        look_for_leaks(directory, through(sandbox, maton=maton), commands)


def test_without_a_fault_no_command_shows_the_key(tmp_path: Path) -> None:
    for maton in (False, True):
        never = Fault(do=Do.STATUS, nth=10**9)
        under(tmp_path, never, maton=maton)
    assert (tmp_path / "plan.json").exists()
    assert (tmp_path / "report.json").exists()


@pytest.mark.soak
@pytest.mark.parametrize("maton", [False, True])
@pytest.mark.parametrize("nth", [None, 2])
@pytest.mark.parametrize(("action", "value"), FAULTS)
def test_under_no_fault_does_a_command_show_the_key(
    tmp_path: Path, action: Do, value: str, nth: int | None, *, maton: bool
) -> None:
    under(tmp_path, Fault(do=action, value=value, nth=nth), maton=maton)


def echo(asked: Asked) -> bytes:
    """Everything that was sent, as an error in whatever shape the path asks for."""
    key = asked.headers["authorization"]
    more = f"Location: http://127.0.0.1:9/?{CANARY}\r\nRetry-After: {CANARY}\r\n"
    if "companies" in asked.line:
        return response(f"<html>{key}</html>".encode(), status="200 OK", kind="text/html")
    if "calls" in asked.line:
        return response(b"{}", status="302 Found", more=more)
    if "connections" in asked.line or "tags" in asked.line:
        return response(json.dumps({"error": f"bad key {key}"}).encode(), status="422 No")
    return response(json.dumps({"errors": [key, CANARY]}).encode(), status="401 No", more=more)


@pytest.mark.parametrize("maton", [False, True])
def test_a_server_that_echoes_the_key_makes_nothing_show_it(tmp_path: Path, *, maton: bool) -> None:
    (tmp_path / "reconciler.yaml").write_text(configuration_text(), "utf-8")
    with Hostile(echo) as server:
        environ = {
            "MATON_API_KEY" if maton else "CALLRAIL_API_KEY": CANARY,
            "RECONCILER_API_URL": server.url,
            "RECONCILER_CONTROL_URL": server.url,
        }
        look_for_leaks(tmp_path, environ, COMMANDS + MATON_ONLY)
        assert any(CANARY in asked.headers["authorization"] for asked in server.asked)


@pytest.mark.parametrize("variable", ["CALLRAIL_API_KEY", "MATON_API_KEY"])
def test_a_key_from_a_file_is_used_and_shown_no_more_than_one_from_the_environment(
    tmp_path: Path, variable: str
) -> None:
    maton = variable == "MATON_API_KEY"
    (tmp_path / "key").write_text(CANARY + "\n", "utf-8")
    (tmp_path / "reconciler.yaml").write_text(configuration_text(), "utf-8")
    options = Options(seed=SEED, **keys(maton=maton))  # type: ignore[arg-type]
    with Sandbox(options) as sandbox:
        environ = through(sandbox, maton=maton)
        del environ[variable]
        environ[f"{variable}_FILE"] = str(tmp_path / "key")
        assert run("plan", environ=environ, cwd=tmp_path).code == 0
        assert f"{variable}_FILE" in run("doctor", environ=environ, cwd=tmp_path).out
        look_for_leaks(tmp_path, environ, COMMANDS)


def test_the_password_of_a_proxy_is_not_shown(tmp_path: Path) -> None:
    environ = {
        "CALLRAIL_API_KEY": CANARY,
        "HTTPS_PROXY": f"http://user:{CANARY.replace('/', '-')}@127.0.0.1:9",
    }
    look_for_leaks(tmp_path, environ, ("doctor",))
