"""What audits say of small accounts, in every format; ``expect.json`` names flags and formats.

Days are told as of 2026-11-25. ``UPDATE_GOLDEN=1`` writes the files anew, for review in the diff.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.callrail.interactions import retention_start
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, run
from tests.golden.test_golden import HERE, fill, hold, load
from tests.schemas import validate

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = date(2026, 11, 25)
CASES = [
    (path.parent, form)
    for path in sorted(HERE.glob("*/expect.json"))
    for form in json.loads(path.read_text("utf-8")).get("formats", ())
]
ENDINGS = {"text": "txt", "markdown": "md"}


@pytest.mark.parametrize(
    ("case", "form"), CASES, ids=[f"{case.name}-{form}" for case, form in CASES]
)
def test_case(case: Path, form: str, tmp_path: Path) -> None:
    if (case / "config.yaml").exists():
        shutil.copy(case / "config.yaml", tmp_path / "reconciler.yaml")
    with Sandbox(Options(seed="empty")) as sandbox:
        fill(sandbox, load(case / "live.json", {}))
        args = load(case / "expect.json", {})["audit"]
        ran = run("audit", "--format", form, *args, environ=direct(sandbox), cwd=tmp_path)
    assert ran.code == 0, ran.err
    if form == "json":
        validate(json.loads(ran.out), "audit")
    hold(case / f"audit.{ENDINGS.get(form, form)}", _timeless(ran.out))


def _timeless(text: str) -> str:
    today = datetime.now(UTC).date()
    for day, day_shown in ((today, AS_OF), (retention_start(today), retention_start(AS_OF))):
        text = text.replace(day.isoformat(), day_shown.isoformat())
    text = re.sub(r"T[0-9:]{8}Z", "T00:00:00Z", text)
    # The page's script has a test of its own; here it would only be in the way.
    text = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)
    return re.sub(r"(?<=sha256-)[A-Za-z0-9+/=]+", "0", text)


def test_every_case_of_an_audit_reports_what_it_shows() -> None:
    for case, _form in CASES:
        day_shown: dict[str, Any] = json.loads((case / "expect.json").read_text("utf-8"))
        assert (case / "config.yaml").exists() or day_shown["shows"].endswith(".")
