"""Diagnostics: the caret stands under the right characters, whatever the line is made of."""

from __future__ import annotations

from contextlib import redirect_stderr
from io import StringIO
from textwrap import dedent

import pytest

from reconciler.cli.console import Console
from reconciler.model.problem import Mark, Problem, Severity, Source
from reconciler.render.problems import problem, problems, tally
from reconciler.render.style import Colors, Style
from reconciler.text.cells import cells


def marked(line: str, what: str, *, label: str = "", at: int = 7) -> Mark:
    """A mark under ``what`` in ``line``."""
    return Mark(Source("tags.yaml", at, line.index(what) + 1), line, len(what), label)


def caret(shown: str) -> tuple[str, str]:
    """What the caret stands under in the line shown, and the label after it."""
    lines = shown.splitlines()
    at = next(at for at, line in enumerate(lines) if "^" in line)
    start, length = lines[at].index("^"), lines[at].count("^")
    columns = "".join((char + "\0")[: cells(char)] for char in lines[at - 1])
    return columns[start : start + length].replace("\0", ""), lines[at][start + length :].strip()


def test_an_error_in_full() -> None:
    found = Problem(
        "CFG012",
        'unknown key "colour"',
        'write "color"',
        (marked("    colour: blue1", "colour", label="not a key of a tag"),),
    )
    assert problem(found) == dedent(
        """\
        error[CFG012]: unknown key "colour"
          --> tags.yaml:7:5
          |
        7 |     colour: blue1
          |     ^^^^^^ not a key of a tag
          = help: write "color"
        """
    )


def test_a_second_place_has_a_dash_and_a_gutter_of_the_same_width() -> None:
    first = marked("- name: Foo", "Foo", label="declared again", at=112)
    second = marked("- name: Foo", "Foo", label="first here", at=7)
    assert problem(Problem("CFG020", "Foo is declared twice", None, (first, second))) == dedent(
        """\
        error[CFG020]: Foo is declared twice
            --> tags.yaml:112:9
            |
        112 | - name: Foo
            |         ^^^ declared again
            --> tags.yaml:7:9
            |
          7 | - name: Foo
            |         --- first here
        """
    )


@pytest.mark.parametrize(
    "line",
    [
        "\tname: bad",
        "a\tb\tname: bad",
        "日本語: bad",
        "🦷🦷: bad",
        "e\u0301te\u0301: bad",
        "key: bad\r",
        "\u202e\x1b[2J: bad",
        "a::b ##[c]: bad",
        "x" * 5000 + " bad " + "y" * 5000,
        "日" * 5000 + " bad " + "日" * 5000,
        "\t" * 500 + "bad",
    ],
)
def test_the_caret_stands_under_what_is_wrong(line: str) -> None:
    shown = problem(Problem("CFG001", "no", None, (marked(line, "bad", label="here"),)))
    assert caret(shown) == ("bad", "here")
    assert all(cells(row) <= 100 for row in shown.splitlines())


def test_a_character_that_is_written_out_is_marked_whole() -> None:
    shown = problem(Problem("CFG003", "control", None, (marked("a: x\x1by", "\x1b"),)))
    assert caret(shown) == ("\\x1b", "")


@pytest.mark.parametrize("column", [1, 4, 5, 99])
def test_a_place_beyond_the_line_still_gets_a_caret(column: int) -> None:
    mark = Mark(Source("a.yaml", 1, column), "abc", 50)
    assert "^" in problem(Problem("CFG001", "no", None, (mark,)))


def test_a_place_without_its_line_is_named_alone() -> None:
    found = Problem("CFG001", "no file", "Make one: reconciler init", (Mark(Source("a.yaml", 1)),))
    assert problem(found) == dedent(
        """\
        error[CFG001]: no file
          --> a.yaml:1:1
          = help: Make one: reconciler init
        """
    )


def test_a_problem_without_a_place() -> None:
    found = Problem("PLN001", "nothing to do", "Add a tag.", severity=Severity.WARNING)
    assert problem(found) == "warning[PLN001]: nothing to do\nhelp: Add a tag.\n"


def test_a_hint_of_several_lines_hangs() -> None:
    found = Problem("R", "rename?", "write\n  renamed_from: [Oppty]", (Mark(Source("a", 1)),))
    assert problem(found).endswith("  = help: write\n            renamed_from: [Oppty]\n")


def test_all_problems_are_shown_and_counted() -> None:
    found = [
        Problem("A1", "one"),
        Problem("A2", "two"),
        Problem("W1", "three", severity=Severity.WARNING),
    ]
    assert problems(found) == dedent(
        """\
        error[A1]: one

        error[A2]: two

        warning[W1]: three

        2 errors, 1 warning
        """
    )
    assert tally([]) == "no problems"


def test_colours_are_only_around() -> None:
    found = Problem("A1", "one", "do", (marked("abc", "b", label="x"),))
    assert "\x1b[1;31merror[A1]\x1b[0m" in problem(found, style=Style(Colors.BASIC))


LONG = Problem(
    "CFG1",
    "the key " + "is not known " * 4 + "here",
    "Write something that is " + "much " * 8 + "better.",
    marks=(marked("    colour: blue1", "colour"),),
)


def test_sentences_are_broken_at_the_terminals_edge_and_hang() -> None:
    assert problem(LONG, wrap_at=50) == dedent("""\
        error[CFG1]: the key is not known is not known is
                     not known is not known here
          --> tags.yaml:7:5
          |
        7 |     colour: blue1
          |     ^^^^^^
          = help: Write something that is much much much
                  much much much much much better.
        """)


def test_colours_do_not_count_as_columns() -> None:
    shown = problem(LONG, wrap_at=50, style=Style(Colors.BASIC))
    assert max(map(cells, shown.splitlines())) <= 50
    assert len(shown.splitlines()) == len(problem(LONG, wrap_at=50).splitlines())


def test_off_a_terminal_sentences_stay_whole() -> None:
    assert len(problem(LONG).splitlines()) == 6


def test_a_terminal_too_narrow_to_hang_breaks_as_it_likes() -> None:
    assert len(problem(LONG, wrap_at=20).splitlines()) == 6


def test_a_source_line_is_never_wider_than_the_terminal() -> None:
    wide = Problem("CFG1", "m", marks=(marked("x" * 200 + "colour", "colour"),))
    assert max(map(cells, problem(wide, wrap_at=60).splitlines())) <= 60


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def test_the_command_line_breaks_sentences_on_a_terminal_only() -> None:
    with redirect_stderr(Screen()) as screen:
        Console({"NO_COLOR": "1", "COLUMNS": "60"}).problems([LONG])
    with redirect_stderr(StringIO()) as pipe:
        Console({}).problems([LONG])
    assert screen.getvalue() == problems([LONG], wrap_at=60)
    assert pipe.getvalue() == problems([LONG])
