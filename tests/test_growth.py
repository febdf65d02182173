"""Four times the work makes four times the calls and lines, not sixteen."""

from __future__ import annotations

import contextlib
import sys
import tracemalloc
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.callrail.paging import parse_page
from reconciler.callrail.wire import live_tag
from reconciler.config import load
from reconciler.document import plan_pieces
from reconciler.errors import ConfigError
from reconciler.export.consolidating import consolidated
from reconciler.export.taking_in import taken_in
from reconciler.model.audit import Audit
from reconciler.model.names import any_glob, glob
from reconciler.model.plan import AccountUse
from reconciler.model.state import LiveAccount
from reconciler.model.tag import Company, LiveTag, Status
from reconciler.planning import assemble, guard
from reconciler.planning.audit import audit
from reconciler.render import audit as rendered_audit
from reconciler.render import audit_page, text
from reconciler.text.alike import groups
from tests.builders import ACME, create, plan
from tests.callrail.stand_in import tag_rows
from tests.expectations import draft

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.config import Configuration
    from reconciler.model.state import DesiredAccount

SMALL, LARGE = 150, 600
ROOM = 1.15
"""Sorting and small constants; what grows with the square is at 4."""


def calls(work: Callable[[], object]) -> int:
    """Functions that ``work`` calls, those of C included."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def lines(work: Callable[[], object]) -> int:
    """Lines that ``work`` runs: a loop without calls shows here."""
    count = 0

    def note(_frame: Any, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def assert_linear(work_of: Callable[[int], Callable[[], object]]) -> None:
    for size in (SMALL, LARGE):
        work_of(size)()  # what is made once and kept: imports, patterns, skeletons of names
    for counted in (calls, lines):
        small, large = counted(work_of(SMALL)), counted(work_of(LARGE))
        assert large <= small * (LARGE / SMALL) * ROOM, (counted.__name__, small, large)


def configured(folder: Path, tags: int, rest: str) -> Configuration:
    blocks = "".join(f"  - {{name: Tag {one:04}, color: red1{rest}}}\n" for one in range(tags))
    head = f"version: 1\naccounts: {{acme: {{id: {ACME.id}}}}}\ntags:\n"
    folder.mkdir(exist_ok=True)
    (folder / "reconciler.yaml").write_text(head + blocks, "utf-8")
    return load([folder / "reconciler.yaml"])


def companies(count: int) -> list[Company]:
    return [Company(f"COM{one}", f"Company {one:04}") for one in range(count)]


def drafted(desired: DesiredAccount, live: list[LiveTag]) -> Callable[[], object]:
    account = LiveAccount(account=ACME, tags=tuple(live), companies=desired.companies)

    def work() -> None:
        found = draft(desired, account)
        changes = guard(found, found.changes)
        text.plan(assemble([(found, AccountUse(account=ACME), changes)]))

    return work


@pytest.mark.parametrize(("names", "places"), [(3, None), (None, 3)])
def test_auditing_many_companies_or_many_names(names: int | None, places: int | None) -> None:
    # Of many companies a line names a few; of many names each has lines of its own.
    assert_linear(lambda size: audited(names or size, places or size))


def audited(names: int, places: int) -> Callable[[], object]:
    known = companies(places)
    tags = [
        LiveTag(len(known) * name + at, f"Tag {name:04}", "red1", Status.ENABLED, one.id)
        for name in range(names)
        for at, one in enumerate(known, 1)
        if (name + at) % 9
    ]
    live = LiveAccount(account=ACME, tags=tuple(tags), companies={one.id: one for one in known})

    def work() -> None:
        found = Audit(accounts=(audit(live),))
        rendered_audit.text(found)
        rendered_audit.csv(found)
        audit_page.page(found)

    return work


@pytest.mark.parametrize("rest", ["", ", companies: all", ", companies: [Company 0001]"])
def test_loading(rest: str, tmp_path: Path) -> None:
    assert_linear(lambda size: lambda: configured(tmp_path, size, rest))


def test_selecting_companies(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 3, ", companies: ['Company *'], except: [Company 0001]")
    assert_linear(lambda size: lambda: configuration.resolve({"acme": companies(size)}))


def test_selecting_one_company_for_each_tag(tmp_path: Path) -> None:
    def work_of(size: int) -> Callable[[], object]:
        blocks = (f"  - {{name: T{n}, companies: [Company {n:04}]}}\n" for n in range(size))
        path = tmp_path / "reconciler.yaml"
        head = "version: 1\naccounts: {acme: {id: ACC1}}\ntags:\n"
        path.write_text(head + "".join(blocks), "utf-8")
        configuration = load([path])
        return lambda: configuration.resolve({"acme": companies(size)})

    assert_linear(work_of)


@pytest.mark.parametrize("color", ["red1", "blue1"])
def test_planning_and_showing_many_tags(color: str, tmp_path: Path) -> None:
    def work_of(size: int) -> Callable[[], object]:
        (desired,) = configured(tmp_path, size, "").resolve({}).accounts
        live = [
            LiveTag(one, f"Tag {one:04}", color, Status.ENABLED, None) for one in range(size * 2)
        ]
        return drafted(desired, live)

    assert_linear(work_of)


def test_planning_long_names_that_begin_alike(tmp_path: Path) -> None:
    def work_of(size: int) -> Callable[[], object]:
        names = "".join(f"  - name: {'x' * 80}{one:04}\n" for one in range(size))
        path = tmp_path / "reconciler.yaml"
        path.write_text(f"version: 1\naccounts: {{acme: {{id: ACC1}}}}\ntags:\n{names}", "utf-8")
        (desired,) = load([path]).resolve({}).accounts
        live = [
            LiveTag(one, f"{'x' * 64}{one:04} zz", "red1", Status.ENABLED, None)
            for one in range(size)
        ]
        return drafted(desired, live)

    assert_linear(work_of)


def test_planning_and_showing_many_companies(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 3, ", companies: all")

    def work_of(size: int) -> Callable[[], object]:
        (desired,) = configuration.resolve({"acme": companies(size)}).accounts
        live = [
            LiveTag(one, "Tag 0000", "blue1", Status.ENABLED, f"COM{one}") for one in range(size)
        ]
        return drafted(desired, live)

    assert_linear(work_of)


@pytest.mark.parametrize(
    "name",
    [
        lambda n: f"Campaign {n:04}",
        lambda n: f"{_word(n)} {_word(n * 7 + 3)}",
        lambda n: f"area/{_word(n)}",
        lambda n: f"Sale {_word(n)[:4]}",
    ],
    ids=["numbers", "two words", "one word of two", "short words"],
)
def test_grouping_names_that_look_alike(name: Callable[[int], str]) -> None:
    def work_of(size: int) -> Callable[[], object]:
        names = [name(one) for one in range(size)]
        names += [one.upper() for one in names[::7]]
        return lambda: groups(names)

    assert_linear(work_of)


def spread(size: int, names: int) -> list[LiveTag]:
    """Some of ``names`` tags in each of ``size`` companies, in two colours."""
    return [
        LiveTag(10 * one + n, f"{_word(n)} {_word(one % names)}", f"red{one % 2}", ON, f"COM{one}")
        for one in range(size)
        for n in range(2)
    ]


ON = Status.ENABLED


def test_tidying_many_names_and_companies() -> None:
    def work_of(size: int) -> Callable[[], object]:
        known = {one.id: one for one in companies(size)}
        return lambda: consolidated([(ACME, known, spread(size, 10))])

    assert_linear(work_of)


def test_taking_in_many_names(tmp_path: Path) -> None:
    def work_of(size: int) -> Callable[[], object]:
        configuration = configured(tmp_path, size, "")
        live = [
            LiveTag(n, f"{_word(n)}{'' if n % 2 else n}", "red2", ON, None) for n in range(size)
        ]
        live += [LiveTag(size + n, f"Tag {n:04}", "red2", ON, None) for n in range(0, size, 2)]
        account = LiveAccount(account=ACME, tags=tuple(live), companies={})
        desired = configuration.resolve({}).accounts
        file = configuration.files[0]
        return lambda: taken_in(configuration, desired, {ACME.id: account}, file)

    assert_linear(work_of)


SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi")


def _word(number: int) -> str:
    """Another word of ten letters for each number, as far from the others as chance has it."""
    return "".join(Random(number).choices(SYLLABLES, k=5))


def test_reading_pages() -> None:
    def work_of(size: int) -> Callable[[], object]:
        payload = {"tags": tag_rows(size), "page": 1, "total_records": size}
        return lambda: parse_page(payload, rows="tags", parse=live_tag)

    assert_linear(work_of)


def validated(folder: Path, text: str) -> Callable[[], object]:
    """Loading a configuration that may be wrong; what is cached of another one does not help."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{len(text)}.yaml"
    path.write_text(text, "utf-8")

    def work() -> None:
        with contextlib.suppress(ConfigError):
            load([path])

    return work


HEAD = f"version: 1\naccounts: {{acme: {{id: {ACME.id}}}}}\n"


def scopes(count: int, name: str = "s") -> str:
    return "scopes:\n" + "".join(f"  {name}{n}: {{companies: [A{n}]}}\n" for n in range(count))


def many_accounts(count: int) -> str:
    return "accounts:\n" + "".join(f"  a{n}: {{id: ACC{n}}}\n" for n in range(count))


CONFIGURATIONS: dict[str, Callable[[int], str]] = {
    "a scope twice": lambda n: f"{HEAD}{scopes(n)}  s5: {{companies: [B]}}\ntags: []\n",
    "unused scopes": lambda n: f"{HEAD}{scopes(n)}tags: [{{name: a}}]\n",
    "an account twice": lambda n: f"version: 1\n{many_accounts(n)}  a5: {{id: X}}\ntags: []\n",
    "a tag in each account": lambda n: (
        f"version: 1\n{many_accounts(n)}tags:\n"
        + "".join(f"  - {{name: T{one}, accounts: [a{one}]}}\n" for one in range(n))
    ),
    "former names claimed twice": lambda n: (
        f"{HEAD}tags:\n"
        + "".join(
            f"  - {{name: T{n}{x}, renamed_from: [{', '.join(f'f{one}' for one in range(n))}]}}\n"
            for x in "xy"
        )
    ),
    "misspelt scopes": lambda n: (
        f"{HEAD}{scopes(n, 'scope-number-')}tags:\n"
        + "".join(f"  - {{name: T{one}, scope: scope-numbre-{one}}}\n" for one in range(n))
    ),
    "unknown accounts": lambda n: (
        f"version: 1\n{many_accounts(n)}tags:\n"
        + "".join(f"  - {{name: T{one}, accounts: [b{one}]}}\n" for one in range(n))
    ),
    "protected patterns": lambda n: (
        f"version: 1\naccounts:\n  acme: {{id: {ACME.id}, ignore: ["
        + ", ".join(f'"x{one} *"' for one in range(n))
        + "]}\ntags:\n"
        + "".join(f"  - {{name: T{one}}}\n" for one in range(n))
    ),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_mistakes_of_every_size(case: str, tmp_path: Path) -> None:
    assert_linear(lambda size: validated(tmp_path / case, CONFIGURATIONS[case](size)))


@pytest.mark.parametrize("pattern", ["*a" * 10 + "*b", "*a?" * 10 + "b", "a*" * 10 + "b"])
def test_a_pattern_of_many_stars(pattern: str) -> None:
    # One that tried all the ways would not end before the universe does.
    assert not glob(pattern)("a" * 20_000)
    assert glob(pattern)("a" * 40 + "b")


def test_one_pattern_for_each_name() -> None:
    def work_of(size: int) -> Callable[[], object]:
        matches = any_glob(
            [f"{one} *" for one in range(size)] + [f"* {one}" for one in range(size)]
        )

        def work() -> None:
            assert all(matches(f"{one} North") and matches(f"South {one}") for one in range(size))

        return work

    assert_linear(work_of)


def test_a_plan_is_written_in_pieces() -> None:
    def work_of(size: int) -> Callable[[], object]:
        large = plan(*(create(f"Tag {number}") for number in range(size)))
        return lambda: sum(map(len, plan_pieces(large)))

    assert_linear(work_of)


def test_the_memory_of_writing_a_plan_stays_within_what_the_digest_sorts() -> None:
    def peak(size: int) -> int:
        large = plan(*(create(f"Tag {number}") for number in range(size)))
        tracemalloc.start()
        try:
            for _part in plan_pieces(large):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    small, large = peak(500), peak(2_000)
    assert large <= 5 * small
    assert large < 2_000 * 600
