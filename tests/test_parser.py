"""The command line as argparse knows it; what it says when it is wrong stands in e2e."""

from __future__ import annotations

import pytest

from reconciler.cli.parser import COMMANDS, build_parser

LEAST = {"show": ["plan.json"], "get": ["tags"], "connections": ["list"]}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_alone_is_parsed_as_among_all_the_others(name: str) -> None:
    line = [name, *LEAST.get(name, [])]
    alone, among_all = build_parser(line), build_parser(["--", *line])
    assert alone.parse_args(line) == among_all.parse_args(line)
    assert alone.parse_args(line).command == name


def test_the_help_lists_every_command_even_when_one_is_named() -> None:
    text = build_parser(["--help", "plan"]).format_help()
    assert [name for name in COMMANDS if f"\n    {name}" not in text] == []
