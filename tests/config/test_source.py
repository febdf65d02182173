"""YAML with positions, within bounds whatever the text is."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.config import source
from reconciler.config.codes import Code
from reconciler.config.collector import Collector
from reconciler.config.source import parse
from reconciler.config.text import Text

if TYPE_CHECKING:
    from reconciler.config.values import Document


def parsed(text: str) -> Document:
    problems = Collector()
    document = parse(Text("f.yaml", text), problems)
    assert not problems.ordered(), problems.ordered()
    assert document is not None
    return document


def refused(text: str) -> list[Any]:
    problems = Collector()
    parse(Text("f.yaml", text), problems)
    return [one.code for one in problems.ordered()]


@pytest.fixture(params=["libyaml", "pure"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers: libyaml's is not built into every installation of the library."""
    if request.param == "pure":
        monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)


@pytest.mark.usefixtures("either_parser")
def test_values_know_where_they_stand() -> None:
    root = parsed("a: é\r\nb: [1,\n  'x y']\nc:\n  d: null\n").root
    assert root.value == {"a": "é", "b": [1, "x y"], "c": {"d": None}}
    assert root.at("a").source.column == 4
    assert (root.at("b", 1).source.line, root.at("b", 1).source.column) == (3, 3)
    assert root.at("b", 1).mark().length == 5
    assert (root.at("c").key("d").source.line, root.at("c").key("d").source.column) == (5, 3)


@pytest.mark.usefixtures("either_parser")
def test_a_path_that_leads_nowhere_ends_at_the_last_value_on_it() -> None:
    root = parsed("a: [b]\n").root
    assert root.at("a", 5, "x") == root.at("a")


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize("text", ["name: No", "name: 'a' # b", '"name": "\\u00e9 \\U0001F600"'])
def test_plain_documents_are_read(text: str) -> None:
    assert "name" in parsed(text).value


@pytest.mark.usefixtures("either_parser")
def test_aliases_share_the_value_of_their_anchor() -> None:
    value = parsed("a: &x [b]\nc: *x\n").value
    assert value["a"] is value["c"]


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\na: 2\n", Code.DUPLICATE_KEY),
        ("? [a]\n: b\n", Code.KEY_TYPE),
        ("? {a: b}\n: c\n", Code.KEY_TYPE),
        ("true: b\n", Code.KEY_TYPE),
        ("~: b\n", Code.KEY_TYPE),
        ("a: !!python/object:os.system {}\n", Code.YAML_TAG),
        ("a: !!binary aGk=\n", Code.YAML_TAG),
        ("!x a: b\n", Code.YAML_TAG),
        ("a: &x [*x]\n", Code.ALIASES),
        ("a: *x\n", Code.SYNTAX),
        ("a: b\n--- c\n", Code.DOCUMENTS),
        ("{a: b", Code.SYNTAX),
        ("a: 'b\n", Code.SYNTAX),
        ("a: @b\n", Code.SYNTAX),
        ("a:\n  b: c\n d: e\n", Code.SYNTAX),
        ("%TAG ! x:\n--- a\n", Code.DIRECTIVE),
        ("%YAML 1.2\n%YAML 1.2\n--- a\n", Code.SYNTAX),
    ],
)
def test_what_is_not_used_here_is_refused(text: str, code: Code) -> None:
    assert code in refused(text)


def test_a_quoted_scalar_is_never_anything_but_text() -> None:
    assert parsed("a: '1'\nb: \"null\"\nc: |\n  true\n").value == {
        "a": "1",
        "b": "null",
        "c": "true\n",
    }


def test_several_mistakes_of_one_file_are_reported_together() -> None:
    assert refused("a: 1\na: 2\n3: 4\n<<: {}\n") == [
        Code.DUPLICATE_KEY,
        Code.KEY_TYPE,
        Code.MERGE_KEY,
    ]


def bomb(levels: int) -> str:
    lines = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels))
    return "\n".join(("a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *lines))


HOSTILE = {
    "alias bomb": (bomb(10), Code.ALIASES),
    "many aliases": ("a: &a b\nc: [" + "*a, " * 100_000 + "]", Code.ALIASES),
    "deep flow": ("[" * 500_000, Code.DEPTH),
    "deep mappings": ("{a: " * 100_000, Code.DEPTH),
    "deep blocks": ("- " * 100_000, Code.DEPTH),
    "many documents": ("--- a\n" * 100_000, Code.DOCUMENTS),
    "many directives": ("%TAG !a! b\n" * 100_000 + "--- a", Code.DIRECTIVE),
    "later directives": ("a: b\n...\n" + "%TAG !a! b\n" * 100_000 + "--- a", Code.DIRECTIVE),
    "open quote": ('a: "' + "b\n" * 300_000, Code.SYNTAX),
    "long key": ("a" * 2_000_000 + ": b", Code.SYNTAX),
    "many question marks": ("? " * 100_000, Code.DEPTH),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_ends_in_an_error_within_bounds(kind: str) -> None:
    text, code = HOSTILE[kind]
    tracemalloc.start()
    start = time.process_time()
    codes = refused(text)
    seconds = time.process_time() - start
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert codes == [code]
    assert seconds < 5
    assert peak < 100 * 1024 * 1024


def test_a_huge_scalar_is_one_value() -> None:
    assert len(parsed("a: " + "b" * 5_000_000).value["a"]) == 5_000_000


def test_a_line_too_long_to_read_is_not_shown() -> None:
    problems = Collector()
    parse(Text("f.yaml", "{" + "a: b, " * 1000 + "}"), problems)
    mark = problems.ordered()[0].marks[0]
    assert mark.text == ""
    assert mark.source.column == 8
