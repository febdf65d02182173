"""A canary key through every command at -vv, under every fault: it is found nowhere."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from reconciler.callrail.catalog import RESOURCES
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import run
from tests.faults.hostile import Asked, answer, hostile
from tests.faults.process import start
from tests.faults.test_ambiguity import FAULTS as WRITE_FAULTS
from tests.faults.workspace import SEED, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "Canary-9fQ4%2Fz_8*Tk-51eb07"
COMPANY = "COM00000000000000000000000000000000"
# Half a key is a leak as well.
SHORTEST = 8
COMMANDS = [
    "plan --out saved.json --report markdown=plan.md --report html=plan.html",
    "plan --format json",
    "drift --format markdown",
    "snapshot --out live.json",
    "import",
    *(
        f"get {name}" + (f" --company-id {COMPANY}" if resource.required else "")
        for name, resource in RESOURCES.items()
    ),
    "connections list",
    "connections create",
    "connections get 21fd90f9-5935-43cd-b6c8-bde9d915ca80",
    "connections delete 21fd90f9-5935-43cd-b6c8-bde9d915ca80 --auto-approve",
    "doctor",
    "validate",
    "apply --auto-approve --allow-deletes --format json --report json=report.json",
    "apply saved.json --allow-deletes --report markdown=report.md",
    "show saved.json",
]
READ_FAULTS = ["lying-total", "duplicate-row", "drip", "gzip-bomb", "body=deep", "status=403"]
QUICK = ["status=401", "status=500", "body=html", "redirect=http://127.0.0.1:9/", "truncate"]
VARIABLES = {"callrail": "CALLRAIL_API_KEY", "maton": "MATON_API_KEY"}
FILE = "key.txt"


def environ(sandbox: Sandbox, gateway: str, variable: str) -> dict[str, str]:
    url = sandbox.gateway_url if gateway == "maton" else sandbox.url
    return {
        "RECONCILER_API_URL": url,
        "RECONCILER_CONTROL_URL": sandbox.control_url,
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": "summary.md",
        "GITHUB_OUTPUT": "output.txt",
        **key(gateway, variable),
    }


def key(gateway: str, variable: str) -> dict[str, str]:
    name = VARIABLES[gateway] + variable
    return {name: FILE if variable else CANARY}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    options = Options(seed=SEED, quota=None, direct_keys=(CANARY,), maton_keys=(CANARY,))
    with Sandbox(options) as sandbox:
        (tmp_path / FILE).write_text(CANARY + "\n", "utf-8")
        yield Workspace.at(tmp_path, sandbox)


def leaks(workspace: Workspace, *texts: str) -> list[str]:
    """Eight characters or more of the key in ``texts``, or in a file beside the configuration."""
    files = [path for path in workspace.directory.iterdir() if path.name != FILE]
    found = [*texts, *(path.read_text("utf-8") for path in files)]
    encoded = base64.b64encode(CANARY.encode()).decode()[:20]
    forms = {CANARY, CANARY.lower(), quote(CANARY, safe=""), CANARY.encode().hex(), encoded}
    parts = {form[at : at + SHORTEST] for form in forms for at in range(len(form) - SHORTEST + 1)}
    return [text for text in found if any(part in text for part in parts)]


def without_mask(err: str) -> str:
    """``err`` without the one place where the key belongs: a runner hides what it is told there."""
    return err.removeprefix(f"::add-mask::{CANARY.replace('%', '%25')}\n")


def expect_no_leak(workspace: Workspace, gateway: str, variable: str, rule: str) -> None:
    workspace.environ = environ(workspace.sandbox, gateway, variable)
    for line in COMMANDS:
        workspace.sandbox.faults.clear()
        if rule:
            workspace.sandbox.faults.add(rule)
        ran = workspace.run(*line.split(), "-vv")
        assert leaks(workspace, ran.out, without_mask(ran.err)) == [], line


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("variable", ["", "_FILE"])
@pytest.mark.parametrize("gateway", list(VARIABLES))
def test_no_command_shows_the_key(workspace: Workspace, gateway: str, variable: str) -> None:
    expect_no_leak(workspace, gateway, variable, "")
    assert workspace.sandbox.log.count("POST") > 0, "the key was good for nothing"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", QUICK)
def test_no_fault_shows_the_key(workspace: Workspace, fault: str) -> None:
    expect_no_leak(workspace, "maton", "", f"* * {fault}")


@pytest.mark.soak
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("variable", ["", "_FILE"])
@pytest.mark.parametrize("gateway", list(VARIABLES))
@pytest.mark.parametrize("method", ["*", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("fault", [*WRITE_FAULTS, *READ_FAULTS])
def test_no_fault_anywhere_shows_the_key(
    workspace: Workspace, fault: str, method: str, gateway: str, variable: str
) -> None:
    expect_no_leak(workspace, gateway, variable, f"{method} * {fault}")


ECHOES = {
    "an error": lambda message: answer({"error": message}, status=422),
    "errors of an unknown key": lambda message: answer({"error": message}, status=401),
    "a server's trouble": lambda message: answer({"errors": [{"message": message}]}, status=500),
    "a page": lambda message: answer(
        body=f"<html>{message}</html>".encode(), Content_Type="text/html"
    ),
    "text": lambda message: answer(body=message.encode(), status=400, Content_Type="text/plain"),
    "a redirect": lambda message: answer(
        {}, status=302, Location=f"http://{message[-40:]}.example/"
    ),
    "a coding": lambda message: answer({}, Content_Encoding=message),
    "a wait": lambda message: answer({}, status=400, Retry_After=message, Date=message),
    "no protocol": lambda message: f"HTTP/1.1 {message}\r\n\r\n".encode(),
    "a bad header": lambda message: f"HTTP/1.1 200 OK\r\n{message}\r\n\r\n".encode(),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("before", [0, 110, 285])
@pytest.mark.parametrize("echo", list(ECHOES))
def test_a_server_that_repeats_the_key_is_not_repeated(
    workspace: Workspace, echo: str, before: int
) -> None:
    def handler(_asked: Asked) -> bytes:
        return ECHOES[echo]("x" * before + CANARY)

    with hostile(handler) as server:
        environ = {"RECONCILER_API_URL": server.url, **key("callrail", "")}
        for line in ("plan", "plan --format json", "get accounts", "doctor", "import"):
            ran = run(*line.split(), "-vv", environ=environ, cwd=workspace.directory)
            assert leaks(workspace, ran.out, ran.err) == [], line
            assert ran.code != 0
        assert CANARY in server.asked[0].head


def test_a_traceback_of_the_process_shows_no_key(workspace: Workspace) -> None:
    workspace.environ = environ(workspace.sandbox, "callrail", "_FILE")
    workspace.sandbox.faults.add("* * status=500")
    process = start(workspace, "plan", "-vv", "--log-format", "json")
    out, err = process.communicate(timeout=60)
    assert "Traceback" in err
    assert leaks(workspace, out, without_mask(err)) == []
