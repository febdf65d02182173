"""What a wrong command line gets: what is wrong, what was meant, 64, and JSON where asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli_runner import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "message", "guess"),
    [
        ("plam", "there is no command 'plam'", 'Did you mean "plan"?'),
        ("connections lst", "there is no command 'lst'", 'Did you mean "list"?'),
        ("help aply", "there is no command 'aply'", 'Did you mean "apply"?'),
        ("plan --formt json", "there is no flag --formt", 'Did you mean "--format"?'),
        ("plan --detailed-exitcod", "no flag --detailed-exitcod", '"--detailed-exitcode"?'),
        ("plan --acc acme", "there is no flag --acc", '"--account"?'),
        ("--format json plan", "--format: a command's flags stand after it", ""),
        ("plan --format jsn", "--format: 'jsn' is not one of text, json", '"json"?'),
        ("get tgs", "RESOURCE: 'tgs' is not one of accounts", 'Did you mean "tags"?'),
        ("show", "PLANFILE is missing", "`reconciler show --help`"),
        ("plan --out", "option '--out' requires an argument", ""),
        ("plan --quiet=1", "option '--quiet' does not take a value", ""),
        ("plan --max-wait soon", "--max-wait: 'soon' is not a duration", ""),
        ("version 2", "unexpected extra argument (2)", "`reconciler version --help`"),
        ("apply --allow-deletes --no-deletes", "contradict each other", ""),
        ("show new.json --live live.json", "--live goes with --reviewed", ""),
        ("show new.json --reviewed old.json --format json", "--reviewed shows text alone", ""),
    ],
)
def test_a_wrong_line_is_explained(line: str, message: str, guess: str) -> None:
    ran = run(*line.split())
    assert (ran.code, message in ran.err, guess in ran.err) == (64, True, True), ran.err
    assert ran.err.startswith("error: ")


def test_json_is_promised_though_the_line_is_wrong() -> None:
    ran = run("plan", "--format", "json", "--nonsense", "--log-format=json")
    assert json.loads(ran.out)["error"]["code"] == "usage"
    entry = json.loads(ran.err)
    assert (entry["level"], entry["code"]) == ("error", "usage")


def test_no_command_at_all_shows_the_help() -> None:
    ran = run()
    assert (ran.code, ran.out) == (64, "")
    assert "Commands:" in ran.err


def test_an_older_plan_is_gone_though_the_line_is_wrong(tmp_path: Path) -> None:
    older = tmp_path / "plan.json"
    older.write_text("{}")
    run("plan", "--out=plan.json", "--nonsense", cwd=tmp_path)
    assert not older.exists()
