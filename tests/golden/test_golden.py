"""Each folder beside this file is a case; read its config.yaml and plan.txt as documentation.

``live.json`` is what the server holds: companies by name (a list of ids makes them alike), tags as
[id, name, colour, company or null, status]; calls, forms and texts as tag name -> number; flows as
the ids of the tags that each applies. Days in the trash are told as of 2026-11-25. ``then.json`` is
the same as it was on 2026-11-01; a snapshot of that is there as ``snapshot.json``. ``base.yaml`` is
the configuration of the commit before. ``expect.json`` may hold ``exit_code`` of the plan (0),
``apply`` (flags of the apply; null where it is refused), ``args`` of the plan and ``switches`` of
the server. ``UPDATE_GOLDEN=1`` writes plan.txt, messages.txt and, of a few cases, plan.json anew,
for review in the diff; every document is held against its schema.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from tests.cli_runner import direct, run
from tests.repository import Repository
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "ACC019c46b8a0807fbdb81c8bf12af91cb3"
HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/config.yaml"))
AS_JSON = ("02-", "11-", "21-", "28-", "35-", "43-")
"""The cases whose document is held too: a create, an update, limits, losses, accounts, an error."""
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, tmp_path: Path) -> None:
    expect = load(case / "expect.json", {})
    if (case / "then.json").exists():
        _snapshot(case, tmp_path)
    shutil.copy(case / "config.yaml", tmp_path / "reconciler.yaml")
    for more in case.glob("more*.yaml"):
        shutil.copy(more, tmp_path / more.name)
    switches = Switches(**expect.get("switches", {}))
    if (case / "base.yaml").exists():
        repository = Repository.at(tmp_path)
        repository.commit(reconciler=(case / "base.yaml").read_text("utf-8"))
        shutil.copy(case / "config.yaml", tmp_path / "reconciler.yaml")
    with Sandbox(Options(seed="empty", switches=switches)) as sandbox:
        fill(sandbox, load(case / "live.json", {}))
        environ = direct(sandbox)
        args = expect.get("args", [])
        plan = run("plan", *args, environ=environ, cwd=tmp_path)
        document = run("plan", "--format", "json", *args, environ=environ, cwd=tmp_path)
        assert plan.code == document.code == expect.get("exit_code", 0), plan.err
        hold(case / "plan.txt", plan.out)
        hold(case / "messages.txt", _messages(plan.err))
        timeless = _timeless(document.out)
        if case.name.startswith(AS_JSON):
            hold(case / "plan.json", timeless)
        if "apply" in expect and expect["apply"] is None:
            return
        apply = run(
            "apply", "--auto-approve", *expect.get("apply", []), *args,
            environ=environ, cwd=tmp_path,
        )  # fmt: skip
        assert apply.code == 0, apply.out + apply.err
        again = run("plan", "--detailed-exitcode", *args, environ=environ, cwd=tmp_path)
        assert again.code == 0, again.out


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_case_reports_what_it_shows(case: Path) -> None:
    assert re.search("^# [^ ].*[.!?]$", (case / "config.yaml").read_text("utf-8"), re.MULTILINE)


def _snapshot(case: Path, directory: Path) -> None:
    """A snapshot of what the case held on 2026-11-01."""
    shutil.copy(case / "config.yaml", directory / "reconciler.yaml")
    with Sandbox(Options(seed="empty")) as sandbox:
        fill(sandbox, load(case / "then.json", {}))
        ran = run("snapshot", environ=direct(sandbox), cwd=directory)
    assert ran.code == 0, ran.err
    document = {**json.loads(ran.out), "created_at": "2026-11-01T07:00:00Z"}
    (directory / "snapshot.json").write_text(json.dumps(document), "utf-8")


def load(path: Path, default: Any) -> Any:
    return json.loads(_shifted(path.read_text("utf-8"), _LATER)) if path.exists() else default


_LATER = datetime.now(UTC).date() - date(2026, 11, 25)
_TRASH_DAY = re.compile(
    r"""(?<=~trash )[0-9-]{10}|(?<=from )[0-9-]{10}(?= on a plan)|"""
    r"""(?<=trash since )[0-9-]{10}|(?<="due": ")[0-9-]{10}"""
)


def _shifted(text: str, by: timedelta) -> str:
    """``text`` with the days of the trash so much later: cases tell them as of one day."""
    return _TRASH_DAY.sub(lambda day: str(date.fromisoformat(day[0]) + by), text)


def fill(sandbox: Sandbox, live: Mapping[str, Any]) -> None:
    account = {"id": ACCOUNT, "name": "Acme", "numeric_id": 1, "created_at": ""}
    others = [{**account, "id": one} for one in live.get("more_accounts", [])]
    sandbox.store.insert("accounts", [account, *others])
    companies: dict[str, str] = {}
    for name, ids in live.get("companies", {}).items():
        for company_id in [ids] if isinstance(ids, str) else ids:
            companies.setdefault(name, company_id)
            disabled = name in live.get("disabled_companies", [])
            row = {
                "id": company_id,
                "account_id": live.get("account_of", {}).get(name, ACCOUNT),
                "name": name,
                "status": "disabled" if disabled else "active",
            }
            sandbox.store.insert("companies", [row])
    for tag_id, name, color, company, status in live.get("tags", []):
        row = {
            "id": tag_id,
            "account_id": live.get("account_of", {}).get(company, ACCOUNT),
            "company_id": companies.get(company, company),
            "name": name,
            "color": color,
            "background_color": "gray1",
            "status": status,
        }
        sandbox.store.insert("tags", [row])
        home = row["company_id"] or next(iter(companies.values()), None)
        _use(sandbox, row, home, live)
    for number, tag_ids in enumerate(live.get("flows", []), 1):
        _flow(sandbox, number, tag_ids)


USES: tuple[tuple[str, str, str, str], ...] = (
    ("calls", "call_tags", "call_id", "start_time"),
    ("forms", "form_tags", "form_id", "submitted_at"),
    ("texts", "text_tags", "text_id", "last_message_at"),
)


def _use(
    sandbox: Sandbox, tag: Mapping[str, Any], company_id: str | None, live: Mapping[str, Any]
) -> None:
    """A company's interactions of today that have ``tag``, as many as ``live`` says."""
    for table, links, link, moment in USES:
        for number in range(live.get(table, {}).get(tag["name"], 0)):
            row_id = f"{table[:3].upper()}{tag['id']:016x}{number:016x}"
            row = {
                "id": row_id,
                "account_id": tag["account_id"],
                "company_id": company_id,
                moment: f"{sandbox.options.today.isoformat()}T10:00:00.000-05:00",
            }
            if table == "calls":
                row |= {"duration": 60, "answered": 1, "voicemail": 0, "direction": "inbound"}
            sandbox.store.insert(table, [row])
            sandbox.store.insert(links, [{link: row_id, "tag_id": tag["id"]}])


def _flow(sandbox: Sandbox, number: int, tag_ids: list[int]) -> None:
    """A message flow that applies these tags."""
    step = {"id": "MFS01", "type": "tag", "next_step_id": None, "tag_ids": tag_ids}
    row = {
        "id": f"MFL{number}",
        "account_id": ACCOUNT,
        "name": f"Flow {number}",
        "updated_at": "2026-02-01T00:00:00.000Z",
        "tracker_ids": "[]",
        "initial_step_id": "MFS01",
        "steps": json.dumps({"MFS01": step}),
    }
    sandbox.store.insert("message_flows", [row])


def _messages(text: str) -> str:
    """What is said on stderr, without progress."""
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if not re.match(r"\w+: (reading|counting) ", line)
    )


def _timeless(text: str) -> str:
    document = json.loads(text)
    if "error" not in document:
        validate(document, "plan")
        document["created_at"] = "2026-01-01T00:00:00Z"
        document["tool_version"] = "0"
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def hold(path: Path, text: str) -> None:
    if "~trash " in text:
        # The digest of a plan that starts from such a name covers its day.
        text = re.sub(r"(?<=sha256:)[0-9a-f]{64}", "0" * 64, _shifted(text, -_LATER))
    if UPDATE:
        if text:
            path.write_text(text, "utf-8")
        else:
            path.unlink(missing_ok=True)
    assert text == (path.read_text("utf-8") if path.exists() else "")
