"""What holds for any configuration at all."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import schema
from reconciler.config import Configuration, load
from reconciler.config import check as check_module
from reconciler.config.check import check
from reconciler.config.collector import Collector
from reconciler.config.shape import is_plain_head, is_plain_tag
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.errors import ConfigError
from reconciler.model.plan import AccountUse
from reconciler.model.problem import Source
from reconciler.model.state import LiveAccount
from reconciler.planning import assemble
from tests.config.strategies import documents, yaml_like
from tests.config.writing import COMPANIES, write
from tests.expectations import draft
from tests.fakes.provider import enabled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.values import Document
    from reconciler.model.problem import Problem
    from reconciler.model.state import DesiredAccount


def outcome(*contents: str | bytes) -> Configuration | tuple[Problem, ...]:
    """What loading gives: a configuration or problems, and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            configuration = load(write(Path(folder), *contents))
            configuration.resolve({one.handle: COMPANIES for one in configuration.accounts})
        except ConfigError as error:
            return error.problems
        return configuration


def check_marks(problems: Sequence[Problem]) -> None:
    """Every mark points at characters that are there."""
    for problem in problems:
        for mark in problem.marks:
            assert mark.length >= 1
            assert mark.source.line >= 1
            assert not mark.text or mark.source.column <= len(mark.text) + 1


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode(errors="replace"))))
def test_any_bytes_give_a_configuration_or_our_error(content: bytes) -> None:
    found = outcome(content)
    if not isinstance(found, Configuration):
        check_marks(found)


@given(yaml_like)
def test_any_text_like_yaml_gives_a_configuration_or_our_error(text: str) -> None:
    found = outcome(text)
    if not isinstance(found, Configuration):
        check_marks(found)


@given(documents)
def test_any_document_gives_a_configuration_or_our_error(document: dict[str, Any]) -> None:
    found = outcome(written(document))
    if not isinstance(found, Configuration):
        check_marks(found)


def written(document: dict[str, Any]) -> str:
    """JSON is YAML, but for the pairs of surrogates that it escapes an emoji by."""
    return json.dumps(document, ensure_ascii=False).replace("\u202e", "\\u202e")


def parsed(document: dict[str, Any]) -> Document:
    found = parse(Text("f.yaml", written(document)), Collector())
    assert found is not None
    return found


@given(documents)
def test_what_the_quick_check_accepts_the_schema_accepts(value: dict[str, Any]) -> None:
    document = parsed(value)
    found = schema.problems("config", document.value)
    wrong_tags = {one.path[1] for one in found if one.path[:1] == ("tags",) and len(one.path) > 1}
    tags = document.value.get("tags")
    for position, tag in enumerate(tags if isinstance(tags, list) else ()):
        assert not is_plain_tag(tag) or position not in wrong_tags
    if is_plain_head(document):
        assert all(one.path[:1] == ("tags",) and len(one.path) > 1 for one in found)


@given(documents)
def test_the_quick_check_changes_no_result(value: dict[str, Any]) -> None:
    quick, slow = Collector(), Collector()
    fast = check(parsed(value), quick)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_module, "is_plain_tag", lambda _tag: False)
        patch.setattr(check_module, "is_plain_head", lambda _document: False)
        full = check(parsed(value), slow)
    assert fast.refused == full.refused
    assert quick.ordered() == slow.ordered()


BLOCKS = (
    "{name: a, companies: ['Dental *']}",
    "{name: a, companies: [Law East], color: red1}",
    "{name: b, renamed_from: [c, d]}",
    "{name: B, companies: all, accounts: [bolt]}",
    "{name: e, companies: all, except: [Twin, COM1]}",
    "{name: f, state: absent, note: gone}",
)
HEADS = ("accounts: {acme: {id: ACC1}}\n", "accounts: {bolt: {id: ACC2}}\n")


def meaning(folder: Path, parts: Sequence[str]) -> Any:
    """The Desired of files, without the places in them."""
    nowhere = Source("", 0)
    configuration = load(write(folder, *(f"version: 1\n{part}" for part in parts)))
    desired = configuration.resolve({"acme": COMPANIES, "bolt": COMPANIES[:4]})
    return [
        (
            digest(one),
            replace(one.account, source=nowhere),
            {
                place: {name: tag._replace(source=nowhere) for name, tag in tags.items()}
                for place, tags in one.tags.items()
            },
        )
        for one in desired.accounts
    ]


def digest(desired: DesiredAccount) -> str:
    """Of the plan where nothing is live but what is renamed and deleted."""
    tags = (enabled(1, "c", COMPANIES[0]), enabled(2, "c"), enabled(3, "f"), enabled(4, "x"))
    drafted = draft(desired, LiveAccount(account=desired.account.ref, tags=tags, companies={}))
    use = AccountUse(account=desired.account.ref)
    return assemble([(drafted, use, drafted.changes)]).digest


@given(st.permutations(BLOCKS), st.permutations(HEADS), st.integers(0, len(BLOCKS)))
def test_the_order_of_files_and_lists_means_nothing(
    blocks: Sequence[str], heads: Sequence[str], cut: int
) -> None:
    def part(head: str, tags: Sequence[str]) -> str:
        return head + "tags:\n" + "".join(f"  - {one}\n" for one in tags) if tags else head

    with tempfile.TemporaryDirectory() as folder:
        usual = meaning(Path(folder), (part(HEADS[0], BLOCKS), HEADS[1]))
        parts = (part(heads[0], blocks[:cut]), part(heads[1], blocks[cut:]))
        assert meaning(Path(folder), parts) == usual
