"""Live state to configuration text whose plan is empty: what ``reconciler import`` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING

from reconciler.config.template import SCHEMA_LINE
from reconciler.export.grouping import DeclarationGroup, Grouping, group
from reconciler.export.quoting import scalar, sequence
from reconciler.model.state import Limits, Policy, Unmanaged
from reconciler.model.tag import Status
from reconciler.text.alike import Names
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.config.configuration import Configuration, Selector
    from reconciler.model.state import Account
    from reconciler.model.tag import AccountRef, Company, LiveTag

_SCOPE_FROM = 4
"""Companies in a list from which on, when it is used twice, it gets a name under `scopes:`."""
_MOST_REMARKS = 10
_MOST_LEFT_OUT = 200


def emit(
    accounts: Sequence[tuple[AccountRef, Mapping[str, Company], Sequence[LiveTag]]],
    *,
    base: Configuration | None = None,
    muted: Collection[str] = (),
) -> str:
    """The configuration that asks for what is live in ``accounts``: reference, companies, tags.

    What is live twice is declared as its oldest, what can't be declared stands in comments.
    ``base``: an existing configuration whose gateway, connections, key variables, guards, muted
    warnings and ignored names are kept; `unmanaged` is always keep, so that what is left out stays.
    ``muted``: codes of warnings to mute besides, because what they tell of was live already.
    """
    grouping = group(accounts, base)
    _remark_on_alikes(grouping.groups)
    return write(accounts, grouping, [_HEADING], base=base, muted=muted)


_HEADING = "What is live, as configuration: its plan is empty. Written by `reconciler import`."


def write(
    accounts: Sequence[tuple[AccountRef, Mapping[str, Company], Sequence[LiveTag]]],
    grouping: Grouping,
    heading: Iterable[str],
    *,
    base: Configuration | None = None,
    muted: Collection[str] = (),
) -> str:
    """The text of a configuration that declares ``grouping``; ``heading`` says what it is for."""
    scopes = _scopes(grouping.groups)
    handles = [ref.handle for ref, _companies, _tags in accounts]
    lines = [
        SCHEMA_LINE,
        *(f"# {line}" for line in heading),
        "version: 1",
        *([f"gateway: {base.gateway.value}"] if base and base.gateway else []),
        "",
        *_accounts(accounts, base),
        *_muted({**dict.fromkeys(muted, _AS_FOUND), **(base.muted if base else {})}),
        *_scope_lines(scopes, grouping.called),
        "",
        *left_out(grouping),
        "tags:" if grouping.groups else "tags: []",
    ]
    for one in grouping.groups:
        lines.extend(block_lines(one, handles, scopes, grouping.called))
    return "\n".join(lines) + "\n"


def _accounts(
    accounts: Sequence[tuple[AccountRef, Mapping[str, Company], Sequence[LiveTag]]],
    base: Configuration | None,
) -> Iterator[str]:
    known: dict[str, Account] = {one.ref.id: one for one in base.accounts} if base else {}
    yield "accounts:"
    for ref, _companies, _tags in sorted(accounts, key=lambda one: one[0].handle):
        name = f"  # {double_quoted(ref.name)[1:-1]}" if ref.name else ""
        yield f"  {scalar(ref.handle)}:{name}"
        yield f"    id: {scalar(ref.id)}"
        account = known.get(ref.id)
        if account is not None:
            yield from _account_rest(account)


def _account_rest(account: Account) -> Iterator[str]:
    policy = account.policy
    if account.connection is not None:
        yield f"    connection: {scalar(account.connection)}"
    if account.api_key_env is not None:
        yield f"    api_key_env: {scalar(account.api_key_env)}"
    if policy.unmanaged is not Unmanaged.KEEP:
        yield f"    # unmanaged: {policy.unmanaged.value} again once every tag is declared"
    for key, globs in (("protect", policy.protect), ("ignore", policy.ignore)):
        if globs:
            yield from sequence(key, globs, indent=4)
    if policy.limits != Policy().limits:
        defaults = Limits()
        changed = (
            f"{one.name}: {getattr(policy.limits, one.name)}"
            for one in fields(defaults)
            if getattr(policy.limits, one.name) != getattr(defaults, one.name)
        )
        yield f"    limits: {{{', '.join(changed)}}}"
    if policy.trash != Policy().trash:
        yield f"    trash: {'off' if policy.trash is None else f'{policy.trash}d'}"


_AS_FOUND = "Live so when it was imported."


def _muted(reasons: Mapping[str, str]) -> Iterator[str]:
    if not reasons:
        return
    yield ""
    yield "warnings:  # known; delete a line to see what it is about"
    yield "  ignore:"
    for code, reason in sorted(reasons.items()):
        yield f"    {code}: {scalar(reason)}"


def _scopes(groups: Iterable[DeclarationGroup]) -> dict[Selector, str]:
    """A name for each long list of companies that is used more than once."""
    uses = Counter(one.selector for one in groups if one.selector is not None)
    long = [
        selector
        for selector, count in uses.items()
        if count > 1 and len(selector.include or selector.exclude) >= _SCOPE_FROM
    ]
    return {selector: f"places-{number}" for number, selector in enumerate(long, start=1)}


def _scope_lines(scopes: Mapping[Selector, str], called: Mapping[str, str]) -> Iterator[str]:
    if scopes:
        yield ""
        yield "scopes:  # give them names for what these companies have in common"
    for selector, name in scopes.items():
        yield f"  {name}:"
        yield from _companies(selector, called)


def _companies(selector: Selector, called: Mapping[str, str]) -> Iterator[str]:
    if selector.include is None:
        yield "    companies: all"
    else:
        yield from _who(selector.include, called)
        yield from sequence("companies", selector.include, indent=4)
    if selector.exclude:
        yield from _who(selector.exclude, called)
        yield from sequence("except", selector.exclude, indent=4)


def _who(references: Sequence[str], called: Mapping[str, str]) -> Iterator[str]:
    """Comments that say which companies the ids among ``references`` are."""
    ids = [one for one in references if one in called]
    for one in ids[:_MOST_REMARKS]:
        yield f"    # {scalar(one)} is {double_quoted(called[one])}"
    if len(ids) > _MOST_REMARKS:
        yield f"    # and {len(ids) - _MOST_REMARKS} more; `reconciler get companies` lists them"


def block_lines(
    one: DeclarationGroup,
    handles: Sequence[str],
    scopes: Mapping[Selector, str],
    called: Mapping[str, str],
) -> Iterator[str]:
    """The lines of one block: remarks, then the keys.

    ``handles`` are all accounts, ``scopes`` name selectors, ``called`` has the names of companies
    that selectors name by ids.
    """
    for remark in one.remarks[:_MOST_REMARKS]:
        yield from (f"  # {line}" for line in remark.split("\n"))
    if len(one.remarks) > _MOST_REMARKS:
        yield f"  # and {len(one.remarks) - _MOST_REMARKS} more remarks like these"
    yield f"  - name: {scalar(one.tag.name)}"
    if one.tag.color is not None:
        yield f"    color: {scalar(one.tag.color)}"
    if one.tag.status is Status.DISABLED:
        yield "    state: disabled"
    for key, names in (("merged_from", one.merged_from), ("renamed_from", one.renamed_from)):
        if names:
            yield from sequence(key, names, indent=4)
    if one.selector is not None and one.selector in scopes:
        yield f"    scope: {scopes[one.selector]}"
    elif one.selector is not None:
        yield from _companies(one.selector, called)
    if set(one.accounts) != set(handles):
        yield from sequence("accounts", sorted(one.accounts), indent=4)


def left_out(grouping: Grouping) -> Iterator[str]:
    """Comments on the live tags that no block declares."""
    for handle, tags in sorted(grouping.disabled.items()):
        what = count(
            tags, "live tag of disabled companies is", "live tags of disabled companies are"
        )
        yield f"# {handle}: {what} left out."
    for handle, tags in sorted(grouping.ignored.items()):
        what = count(tags, "live tag matches `ignore` and is", "live tags match `ignore` and are")
        yield f"# {handle}: {what} left out."
    found = sorted(
        grouping.left_out, key=lambda one: (one.account, one.place, one.tag.name, one.tag.id)
    )
    if not found:
        return
    yield "# Left out, and left alone:"
    for one in found[:_MOST_LEFT_OUT]:
        place = double_quoted(one.place)
        yield f"#   {one.account}, {place}, {double_quoted(one.tag.name)}: {one.reason}"
    if len(found) > _MOST_LEFT_OUT:
        yield f"#   and {len(found) - _MOST_LEFT_OUT} more"
    yield "# A tag takes over such a name by `renamed_from`, with escapes in double quotes."


def _remark_on_alikes(groups: Sequence[DeclarationGroup]) -> None:
    """Report where names look alike, or stand on both levels, in one account."""
    levels: dict[tuple[str, str], set[bool]] = {}
    handles: dict[str, dict[str, None]] = {}
    names: dict[str, dict[str, None]] = {}
    for one in groups:
        for handle in one.accounts:
            names.setdefault(handle, {})[one.tag.name] = None
            levels.setdefault((handle, one.tag.name), set()).add(one.selector is None)
            handles.setdefault(one.tag.name, {})[handle] = None
    known = {handle: Names(names) for handle, names in names.items()}
    # Once a name: its other blocks stand below the first.
    for one in {one.tag.name: one for one in reversed(groups)}.values():
        name, own = one.tag.name, sorted(handles[one.tag.name])
        alike = dict.fromkeys(like for handle in own for like in known[handle].like(name))
        if alike:
            quoted = ", ".join(map(double_quoted, list(alike)[:3]))
            one.remarks.append(f"looks like {quoted}: one tag, or two?")
        if any(len(levels[handle, name]) > 1 for handle in own):
            one.remarks.append("live on account level and on company level")
