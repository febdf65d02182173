"""Checked documents become accounts, scopes and entries; files merge here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.codes import Code
from reconciler.config.configuration import Entry, Promotion, Selector
from reconciler.config.muting import read_muted
from reconciler.model.state import Account, Declaration, Gateway, Limits, Policy, State, Unmanaged
from reconciler.model.tag import AccountRef
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import listed_in_order
from reconciler.text.quote import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from reconciler.config.check import Checked
    from reconciler.config.collector import Collector
    from reconciler.config.values import Origin, PositionedDict


class _Scope(NamedTuple):
    """A named place; ``accounts`` None means every account."""

    name: str
    key: Origin
    origin: Origin
    selector: Selector | None
    accounts: tuple[str, ...] | None


@dataclass(slots=True)
class Parts:
    """What the files hold together.

    ``complete`` is False when a file or an account could not be used: then it can't be said that
    a handle or scope is unknown.
    """

    complete: bool = True
    gateway: Gateway | None = None
    muted: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    account_origins: dict[str, Origin] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


def build(documents: Sequence[Checked], problems: Collector, *, complete: bool) -> Parts:
    """Merge ``documents``; ``complete`` says whether they are all of the configuration's files."""
    parts = Parts(complete=complete)
    _read_gateway(documents, parts, problems)
    parts.muted = read_muted(documents, problems)
    _read_accounts(documents, parts, problems)
    tags = _Tags(parts, _read_scopes(documents, parts, problems), problems)
    for document in documents:
        for _step, origin in document.sound("tags"):
            tags.add(origin)
    tags.finish()
    return parts


def _read_gateway(documents: Sequence[Checked], parts: Parts, problems: Collector) -> None:
    first: Origin | None = None
    for document in documents:
        origin = document.part("gateway")
        if origin is None:
            continue
        if first is None:
            first, parts.gateway = origin, Gateway(origin.value)
        elif origin.value != first.value:
            problems.error(
                Code.GATEWAYS,
                f"the gateway is {origin.value} here and {first.value} in another file",
                origin.mark(),
                first.mark("the other"),
                hint="Say it once.",
            )


def _read_accounts(documents: Sequence[Checked], parts: Parts, problems: Collector) -> None:
    ids: dict[str, Origin] = {}
    for document in documents:
        if document.has("accounts") and document.part("accounts") is None:
            parts.complete = False
        sound = dict(document.sound("accounts"))
        for handle, origin in _pairs(document, "accounts"):
            key = _key_origin(document, "accounts", handle)
            if handle in parts.account_origins:
                _report_twice(Code.ACCOUNT_TWICE, key, parts.account_origins[handle], problems)
                continue
            parts.account_origins[handle] = key
            if handle in sound:
                parts.accounts[handle] = _account(handle, origin, key)
                _check_account(origin, ids, parts.gateway, problems)
    if parts.complete and not parts.account_origins:
        problems.error(
            Code.NO_ACCOUNTS,
            "no account is declared",
            *(document.document.root.mark() for document in documents[:1]),
            hint="Write, with the id from `reconciler get accounts`: accounts: {acme: {id: ACC…}}",
        )


def _pairs(document: Checked, key: str) -> Iterable[tuple[str, Origin]]:
    part = document.part(key)
    return () if part is None else part.items()


def _key_origin(document: Checked, section: str, key: str) -> Origin:
    return document.document.root.at(section).key(key)


def _report_twice(code: Code, here: Origin, first: Origin, problems: Collector) -> None:
    what = "account" if code is Code.ACCOUNT_TWICE else "scope"
    problems.error(
        code,
        f"the {what} {quoted(here.value)} is declared twice",
        here.mark(),
        first.mark("first here"),
        hint=f"Keep one of them; {what}s are not merged.",
    )


def _account(handle: str, origin: Origin, key: Origin) -> Account:
    value = origin.value
    return Account(
        ref=AccountRef(handle, value["id"]),
        source=key.source,
        id_source=origin.at("id").source,
        connection=value.get("connection"),
        api_key_env=value.get("api_key_env"),
        api_key_source=origin.at("api_key_env").source if "api_key_env" in value else None,
        policy=Policy(
            unmanaged=Unmanaged(value.get("unmanaged", "keep")),
            protect=tuple(value.get("protect", ())),
            ignore=tuple(value.get("ignore", ())),
            limits=Limits(**value.get("limits", {})),
            requests_per_hour=value.get("requests_per_hour"),
            trash=_days(value.get("trash", "30d")),
        ),
        limits_source=origin.key("limits").source if "limits" in value else None,
    )


def _days(written: str) -> int | None:
    """The days of ``30d``; None for ``off``."""
    return None if written == "off" else int(written.removesuffix("d"))


def _check_account(
    origin: Origin, ids: dict[str, Origin], gateway: Gateway | None, problems: Collector
) -> None:
    at = origin.at("id")
    first = ids.setdefault(at.value, at)
    if first is not at:
        problems.error(
            Code.ID_TWICE,
            f"the id {quoted(at.value)} belongs to another handle already",
            at.mark(),
            first.mark("first here"),
            hint="An account has one handle; delete one, or correct its id.",
        )
    if at.value.isdecimal():
        problems.warning(
            Code.ACCOUNT_NUMBER,
            f"{at.value} looks like the number of the address bar",
            at.mark(),
            hint="Write the account's id, ACC…; `reconciler get accounts` lists both.",
        )
    if gateway is Gateway.CALLRAIL and "connection" in origin.value:
        problems.warning(
            Code.CONNECTION,
            "a connection is Maton's, and the gateway is callrail: it is not used",
            origin.key("connection").mark(),
            hint="Delete it, or write `gateway: maton`.",
        )


def _read_scopes(
    documents: Sequence[Checked], parts: Parts, problems: Collector
) -> dict[str, _Scope | None]:
    """Scopes by name; None for one that is there but can't be used."""
    scopes: dict[str, _Scope | None] = {}
    keys: dict[str, Origin] = {}
    for document in documents:
        if document.has("scopes") and document.part("scopes") is None:
            parts.complete = False
        sound = dict(document.sound("scopes"))
        for name, origin in _pairs(document, "scopes"):
            key = _key_origin(document, "scopes", name)
            if name in keys:
                _report_twice(Code.SCOPE_TWICE, key, keys[name], problems)
                continue
            keys[name] = key
            scopes[name] = _scope(key, origin, parts, problems) if name in sound else None
    return scopes


def _scope(key: Origin, origin: Origin, parts: Parts, problems: Collector) -> _Scope:
    accounts = _handles(origin, parts, problems) if "accounts" in origin.value else None
    return _Scope(key.value, key, origin, _selector(origin.value), accounts)


def _selector(block: PositionedDict) -> Selector | None:
    companies = block.get("companies")
    if companies is None:
        return None
    include = None if companies == "all" else tuple(companies)
    exclude = (one if isinstance(one, str) else one["company"] for one in block.get("except", ()))
    return Selector(include, tuple(exclude))


def _handles(origin: Origin, parts: Parts, problems: Collector) -> tuple[str, ...]:
    """The declared ones of ``accounts:``, sorted; the others are noted."""
    known = parts.account_origins
    for item in origin.at("accounts").each():
        if item.value not in known and parts.complete and known:
            problems.error(
                Code.UNKNOWN_ACCOUNT,
                f"no account {quoted(item.value)} is declared",
                item.mark(),
                hint=did_you_mean(item.value, known) or f"Known: {listed_in_order(known)}.",
            )
    return tuple(sorted(handle for handle in origin.value["accounts"] if handle in known))


class _Tags:
    """Turns blocks of ``tags:`` into entries; what is alike is made once."""

    def __init__(
        self, parts: Parts, scopes: Mapping[str, _Scope | None], problems: Collector
    ) -> None:
        self._parts = parts
        self._scopes = scopes
        self._problems = problems
        self._everywhere = tuple(sorted(parts.account_origins))
        self._used: set[str] = set()
        self._selectors: dict[Selector, Selector] = {}
        self._texts: dict[str, str] = {}

    def add(self, origin: Origin) -> None:
        """Make the entry of one block, unless it names what is not there."""
        block = origin.value
        scope = None
        if "scope" in block:
            scope = self._find_scope(origin)
            if scope is None:
                return
            self._check_level(origin, scope)
        accounts = self._everywhere
        if scope is not None or "accounts" in block:
            accounts = self._accounts(origin, scope)
        if not accounts:
            return
        selector = self._selector(block) if scope is None else scope.selector
        self._parts.entries.append(
            Entry(
                self._declaration(origin),
                selector,
                accounts,
                block=origin,
                place=origin if scope is None else scope.origin,
                promotions=_promotions(origin) if "merged_from" in block else (),
            )
        )

    def finish(self) -> None:
        """Warn of what no tag uses."""
        for name, scope in self._scopes.items():
            if scope is not None and name not in self._used and self._parts.complete:
                self._problems.warning(
                    Code.UNUSED_SCOPE,
                    f"the scope {quoted(name)} is used by no tag",
                    scope.key.mark(),
                    hint=f"Write `scope: {name}` in a tag, or delete it.",
                )

    def _selector(self, block: PositionedDict) -> Selector | None:
        """One value for all that are alike: each is resolved once."""
        if "companies" not in block:
            return None
        if block["companies"] == "all" and "except" not in block:
            return _ALL
        selector = _selector(block)
        assert selector is not None  # noqa: S101 - it has companies; said for the type checker
        return self._selectors.setdefault(selector, selector)

    def _declaration(self, origin: Origin) -> Declaration:
        block = origin.value
        color = block.get("color")
        return Declaration(
            block["name"],
            origin.source,
            color and self._texts.setdefault(color, color),
            _STATES[block["state"]] if "state" in block else State.ENABLED,
            renamed_from=_names(block["renamed_from"]) if "renamed_from" in block else (),
            merged_from=_names(block["merged_from"]) if "merged_from" in block else (),
            keep_id=block.get("keep_id", False),
            note=block.get("note"),
        )

    def _find_scope(self, origin: Origin) -> _Scope | None:
        name = origin.value["scope"]
        self._used.add(name)
        if name not in self._scopes and self._parts.complete:
            self._problems.error(
                Code.UNKNOWN_SCOPE,
                f"no scope {quoted(name)} is declared",
                origin.at("scope").mark(),
                hint=did_you_mean(name, self._scopes) or _known_scopes(self._scopes),
            )
        return self._scopes.get(name)

    def _check_level(self, origin: Origin, scope: _Scope) -> None:
        level = origin.value.get("level")
        scope_level = "account" if scope.selector is None else "company"
        if level not in (None, scope_level):
            self._problems.error(
                Code.CONTRADICTION,
                f"`level: {level}` contradicts the scope {quoted(scope.name)}, "
                f"which is on {scope_level} level",
                origin.at("level").mark(),
                scope.key.mark("the scope"),
                hint="Delete `level`; the scope sets it.",
            )

    def _accounts(self, origin: Origin, scope: _Scope | None) -> tuple[str, ...]:
        own = self._everywhere
        if "accounts" in origin.value:
            own = _handles(origin, self._parts, self._problems)
        if scope is None or scope.accounts is None or not own:
            return own
        both = _common(own, scope.accounts)
        if not both and scope.accounts:
            self._problems.error(
                Code.NO_ACCOUNT_LEFT,
                f"the tag and its scope {quoted(scope.name)} have no account in common",
                origin.at("accounts").mark(),
                scope.origin.at("accounts").mark("the scope's accounts"),
                hint="Delete `accounts` here, or use another scope.",
            )
        return both


def _names(written: str | Sequence[str | PositionedDict]) -> tuple[str, ...]:
    """One name or a list of them, as a tuple; without the items that name companies."""
    items = (written,) if isinstance(written, str) else written
    return tuple(one for one in items if isinstance(one, str))


def _promotions(origin: Origin) -> tuple[Promotion, ...]:
    """The items of ``merged_from`` that name companies."""
    written = origin.at("merged_from")
    items = () if isinstance(written.value, str) else written.each()
    return tuple(
        Promotion(item.value["name"], selector, item)
        for item in items
        if not isinstance(item.value, str) and (selector := _selector(item.value)) is not None
    )


@lru_cache(maxsize=1024)
def _common(own: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``own`` that are among ``others``; cached, for many tags use one scope."""
    known = frozenset(others)
    return tuple(handle for handle in own if handle in known)


_ALL = Selector(None)
_STATES = {state.value: state for state in State}


def _known_scopes(scopes: Collection[str]) -> str:
    return f"Known: {listed_in_order(scopes)}." if scopes else "Declare it under `scopes:`."
