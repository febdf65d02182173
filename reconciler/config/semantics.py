"""What a schema can't say and CallRail need not be asked for: names, duplicates, levels, renames.

Everything here is linear in the number of entries: they are grouped by name, by former name or by
what a name looks like, and only groups of several are compared.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from reconciler.config.codes import Code
from reconciler.model.names import any_alike, which_alike
from reconciler.model.palette import PALETTE, nearest_shade
from reconciler.model.state import State
from reconciler.text.alike import difference, skeleton
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.config.collector import Collector
    from reconciler.config.configuration import Entry
    from reconciler.config.values import Origin
    from reconciler.model.state import Account


def check_semantics(
    entries: Sequence[Entry], accounts: Mapping[str, Account], problems: Collector
) -> None:
    """Note what is wrong or remarkable about ``entries``, whatever companies there are."""
    _check_forms(entries, problems)
    _check_renames(entries, problems)
    _check_ignored(entries, accounts, problems)
    by_name = _groups((entry.declaration.name, entry) for entry in entries)
    for group in by_name.values():
        if len(group) > 1:
            _check_duplicates(group, problems)
            _check_levels(group, problems)
    reported = _check_look_alikes(by_name, problems)
    for name, group in by_name.items():
        if name not in reported:
            _check_blanks_and_quotes(group[0], problems)


def report_twice(entry: Entry, first: Entry, where: str, problems: Collector) -> None:
    """Note two declarations of one name in one place."""
    problems.error(
        Code.DECLARED_TWICE,
        f"{quoted(entry.name)} is declared twice {where}",
        name_of(entry).mark(),
        name_of(first).mark("first here"),
        hint="Delete one of them, or narrow the companies or accounts of one with `except`, "
        "`companies` or `accounts`; nothing overrides anything.",
    )


def report_listed_twice(former: str, entry: Entry, first: Entry, problems: Collector) -> None:
    """Note a former name that two declarations of one place claim."""
    problems.error(
        Code.FORMER_TWICE,
        f"the former name {quoted(former)} is listed by {quoted(first.name)} already",
        former_of(entry, former).mark(),
        former_of(first, former).mark("first here"),
        hint="One live tag can become one tag only: keep it in one of them.",
    )


def report_declared(former: str, entry: Entry, declared: Entry, problems: Collector) -> None:
    """Note a former name that is itself declared in the same place: a chain or a swap."""
    if entry.promotes:
        problems.error(
            Code.FORMER_DECLARED,
            f"the companies' own {quoted(former)} becomes the account's {quoted(entry.name)}, and "
            "is declared in one of them",
            former_of(entry, former).mark(),
            name_of(declared).mark("declared here"),
            hint="Keep one: take the company out of `companies` here, or out of the tag's own "
            "block.",
        )
        return
    problems.error(
        Code.FORMER_DECLARED,
        f"the former name {quoted(former)} is itself declared in the same place",
        former_of(entry, former).mark(),
        name_of(declared).mark("declared here"),
        hint="Do it in two changes: rename and apply first, then declare the freed name. A chain "
        "or a swap could move calls to the wrong tag.",
    )


def name_of(entry: Entry) -> Origin:
    """Where the name of ``entry`` is written."""
    return entry.block.at("name")


def former_of(entry: Entry, former: str) -> Origin:
    """Where ``former`` is written among the former names of ``entry``."""
    if former not in entry.declaration.former_names or entry.promotes:
        promotion = next(one for one in entry.promotions if one.name == former)
        return promotion.item.at("name")
    renamed = former in entry.declaration.renamed_from
    at = entry.block.at("renamed_from" if renamed else "merged_from")
    return at if isinstance(at.value, str) else at.at(at.value.index(former))


def _groups(pairs: Iterable[tuple[str, Entry]]) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for key, entry in pairs:
        groups.setdefault(key, []).append(entry)
    return groups


def _check_forms(entries: Sequence[Entry], problems: Collector) -> None:
    strange: dict[str, list[Entry]] = {}
    for entry in entries:
        name, color = entry.declaration.name, entry.declaration.color
        if not name.isascii() and not unicodedata.is_normalized("NFC", name):
            problems.error(
                Code.NAME,
                f"the name {quoted(name)} is not in Unicode's composed form (NFC)",
                name_of(entry).mark(),
                hint=f"Write {quoted(unicodedata.normalize('NFC', name))}: it looks the same, and "
                "is one character where there were two.",
            )
        if color is not None and color not in PALETTE:
            strange.setdefault(color, []).append(entry)
    for color, users in strange.items():
        others = f" (and in {count(len(users) - 1, 'more tag')})" if len(users) > 1 else ""
        problems.warning(
            Code.COLOR,
            f"the colour {quoted(color)} is not known; the server decides{others}",
            users[0].block.at("color").mark(),
            hint=_nearest_color(color),
        )


def _nearest_color(color: str) -> str:
    shade = nearest_shade(color)
    if shade is not None:
        return f"The nearest known one is {quoted(shade)}."
    return did_you_mean(color, PALETTE) or f"Known: {', '.join(PALETTE)}."


_CURLY = re.compile(r"[\u2018-\u201f\xab\xbb\u2039\u203a].*[\u2018-\u201f\xab\xbb\u2039\u203a]")
_ODD_BLANKS = re.compile(r"(?<!\s)\s{2,}|[^\S ]")


def _check_blanks_and_quotes(entry: Entry, problems: Collector) -> None:
    name = entry.name
    if not name.isascii() and _CURLY.fullmatch(name):
        problems.warning(
            Code.QUOTES,
            f"the quotes of {quoted(name)} are part of the name",
            name_of(entry).mark(),
            hint=f"Write {double_quoted(name[1:-1].strip())}, with straight quotes, if they are "
            "not meant.",
        )
    # Splitting is faster than the pattern, which is then asked of odd names alone.
    found = None if " ".join(name.split()) == name else _ODD_BLANKS.search(name)
    if found is not None:
        run = len(found[0]) > 1
        what = (
            f"{len(found[0])} blanks in a row" if run else f"a blank that is U+{ord(found[0]):04X}"
        )
        problems.warning(
            Code.BLANKS,
            f"the name {quoted(name)} holds {what}",
            name_of(entry).mark(),
            hint=f"Write {double_quoted(' '.join(name.split()))} if one plain blank is meant; "
            "people can't see the difference.",
        )


def _check_renames(entries: Sequence[Entry], problems: Collector) -> None:
    for entry in entries:
        _check_merge(entry, problems)
        if entry.declaration.name in entry.declaration.former_names:
            problems.error(
                Code.FORMER_OWN,
                f"{quoted(entry.name)} stands among its own former names",
                former_of(entry, entry.name).mark(),
                hint="Delete it there. To change the name, change `name` and put the old one under "
                "`renamed_from`; to give it to another tag, make two changes.",
            )
    account_level = [entry for entry in entries if entry.selector is None]
    check_former_names(
        ((handle, entry) for entry in account_level for handle in entry.accounts),
        former_names(account_level),
        problems,
    )


def _check_merge(entry: Entry, problems: Collector) -> None:
    declaration = entry.declaration
    if entry.promotes:
        problems.error(
            Code.CONTRADICTION,
            "companies' tags become a tag on account level, and this one is on company level",
            entry.promotions[0].item.mark(),
            hint="Write the name alone to merge tags of the same company; or take the tag's own "
            "companies away, so that it is on account level.",
        )
    for name in set(declaration.renamed_from).intersection(declaration.merged_from):
        problems.error(
            Code.FORMER_TWICE,
            f"{quoted(name)} stands under `renamed_from` and under `merged_from`",
            former_of(entry, name).mark(),
            hint="Delete it under `renamed_from`: `merged_from` renames too, where this tag is not "
            "live.",
        )
    if declaration.keep_id and not declaration.merged_from:
        problems.error(
            Code.CONTRADICTION,
            "`keep_id` names the tag that survives a merge, and nothing is merged",
            entry.block.at("keep_id").mark(),
            hint="Delete `keep_id`, or name the tags to merge under `merged_from`.",
        )


def former_names(entries: Sequence[Entry]) -> set[str]:
    """Former names to check: listed by several entries, or declared as well."""
    users = _groups((former, one) for one in entries for former in one.taken_over)
    declared = {entry.name for entry in entries if not entry.promotes} if users else set()
    return {former for former, group in users.items() if len(group) > 1 or former in declared}


def check_former_names(
    placed: Iterable[tuple[object, Entry]], formers: set[str], problems: Collector
) -> None:
    """Refuse chains, swaps and former names listed twice among entries of one place.

    ``placed``: a place and an entry of it; ``formers``: :func:`former_names`. A pair
    of entries is reported once, in however many places they meet.
    """
    if not formers:
        return
    users: dict[tuple[object, str], Entry] = {}
    declared: dict[tuple[object, str], Entry] = {}
    reported: set[tuple[int, int, str]] = set()
    for place, entry in placed:
        if entry.name in formers and not entry.promotes:
            declared.setdefault((place, entry.name), entry)
        for former in formers.intersection(entry.taken_over):
            first = users.setdefault((place, former), entry)
            if first is not entry and (id(first), id(entry), former) not in reported:
                reported.add((id(first), id(entry), former))
                report_listed_twice(former, entry, first, problems)
    for key, entry in users.items():
        other = declared.get(key)
        if other is None or other is entry or (id(other), id(entry), key[1]) in reported:
            continue
        reported.add((id(other), id(entry), key[1]))
        report_declared(key[1], entry, other, problems)


def _check_ignored(
    entries: Sequence[Entry], accounts: Mapping[str, Account], problems: Collector
) -> None:
    tests = {
        handle: any_alike(account.policy.ignore)
        for handle, account in accounts.items()
        if account.policy.ignore
    }
    if not tests:
        return
    for entry in entries:
        for name in entry.names:
            handles = [one for one in entry.accounts if one in tests and tests[one](name)]
            if handles:
                _report_ignored(entry, name, accounts[handles[0]], problems)


def _report_ignored(entry: Entry, name: str, account: Account, problems: Collector) -> None:
    at = name_of(entry) if name == entry.name else former_of(entry, name)
    pattern = which_alike(account.policy.ignore, name)
    problems.error(
        Code.IGNORED,
        f"{quoted(name)} matches {quoted(pattern)}, which the account {quoted(account.handle)} "
        "ignores",
        at.mark(),
        hint="A tag is either ours or others': narrow `ignore`, or leave the account out here.",
    )


def _check_duplicates(group: Sequence[Entry], problems: Collector) -> None:
    """Two declarations of one name that meet in a place, where that is certain without companies.

    On account level, or the same pattern in the same accounts: what it matches, it matches twice.
    """
    first: dict[tuple[object, ...], Entry] = {}
    reported: set[tuple[int, int]] = set()
    for entry in group:
        for key, where in _certain_places(entry):
            other = first.setdefault(key, entry)
            if other is not entry and (id(other), id(entry)) not in reported:
                reported.add((id(other), id(entry)))
                report_twice(entry, other, where, problems)
                break


def _certain_places(entry: Entry) -> Iterator[tuple[tuple[object, ...], str]]:
    selector = entry.selector
    if selector is None:
        for handle in entry.accounts:
            yield (handle,), f"on account level of {quoted(handle)}"
    elif selector.include is None or selector.exclude:
        # A pattern alone says nothing here: `except` may take away all that it matches.
        include = None if selector.include is None else tuple(sorted(selector.include))
        yield (entry.accounts, include, tuple(sorted(selector.exclude))), "in the same companies"
    else:
        for pattern in selector.include:
            yield (entry.accounts, pattern), f"in the companies {quoted(pattern)}"


def _check_levels(group: Sequence[Entry], problems: Collector) -> None:
    """One warning a name that stands on both levels of an account, however many blocks say so."""
    wanted = [entry for entry in group if entry.declaration.state is not State.ABSENT]
    upper = {h: one for one in wanted if one.selector is None for h in one.accounts}
    lower = [
        entry
        for entry in wanted
        if entry.selector is not None and any(handle in upper for handle in entry.accounts)
    ]
    if not lower:
        return
    first = lower[0]
    other = next(upper[handle] for handle in first.accounts if handle in upper)
    others = f" (and in {len(lower) - 1:,} more blocks)" if len(lower) > 1 else ""
    problems.warning(
        Code.BOTH_LEVELS,
        f"{quoted(first.name)} is declared on company level and on account level{others}",
        name_of(first).mark(),
        name_of(other).mark("on account level"),
        hint="People see two tags of one name; keep one of them.",
    )


def _check_look_alikes(by_name: Mapping[str, Sequence[Entry]], problems: Collector) -> set[str]:
    """Warn of names that look alike; the result holds those that are said to look like another."""
    first: dict[str, str] = {}
    alike: dict[str, list[str]] = {}
    for name in by_name:
        key = skeleton(name)
        other = first.setdefault(key, name)
        if other is not name:
            alike.setdefault(key, [other]).append(name)
    return {
        later
        for names in alike.values()
        for later in _check_names_alike([one for n in names for one in by_name[n]], problems)
    }


def _check_names_alike(entries: Sequence[Entry], problems: Collector) -> set[str]:
    first: dict[str, Entry] = {}
    reported: set[tuple[str, str]] = set()
    for entry in entries:
        # A spelling that is to go away is not one to be confused with.
        if entry.declaration.state is State.ABSENT:
            continue
        for handle in entry.accounts:
            other = first.setdefault(handle, entry)
            if other.name != entry.name and (other.name, entry.name) not in reported:
                reported.add((other.name, entry.name))
                problems.warning(
                    Code.LOOK_ALIKE,
                    f"{quoted(entry.name)} looks like {quoted(other.name)}",
                    name_of(entry).mark(),
                    name_of(other).mark("looks like this"),
                    hint="They are different tags; they differ in "
                    f"{difference(entry.name, other.name)}. If one is meant, write it alike "
                    "everywhere; a live tag is renamed with `renamed_from`.",
                )
    return {later for _earlier, later in reported}
