"""Generated names, companies, live accounts and documents, most of them close to a mistake."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from reconciler.model.tag import AccountRef, Company, LiveTag, Status

LIMITS = ("deletes", "disables", "delete_percent", "interactions", "flows")

TRICKY = (
    "No", "on", "null", "~", "1.0", "0o17", "2026-11-24", "true", "# a", "a # b", "a: b", ": ",
    "- a", "*", "D*", "?", "&a", "!a", "%a", "@a", "`a", "'", '"', '\\', "[a]", "{a}", "a,b",
    "|", ">", "<<", "all", "Lead", "lead", "LEAD", " Lead", "Lead ", "L\u0435ad", "cafe\u0301",
    "caf\u00e9", "\U0001f600", "\U0001f468\u200d\U0001f469", "a\u200bb", "a\nb", "a\tb", "\x07",
    "\u202egpj", "\u2028", "\x85", "\ufeff", "\ud800", "\xad", "\u3000a", "a\u00a0", "COM1",
    "---", "...", "", " ", "x" * 1001, "x" * 1000, "=cmd()", "::error::x", "##[group]", "\ufffe",
    "\U000e0001",
)  # fmt: skip

names = st.one_of(
    st.sampled_from(TRICKY),
    st.sampled_from("abAB"),
    st.text(max_size=12),
    st.text("aA \u0430-", max_size=4),
)
colors = st.sampled_from((None, "gray1", "red1", "puce", "No", "a: b", "x\x07", ""))


company_names = st.one_of(
    st.sampled_from(("Twin", "Twin", "Clinic", "clinic", "Clin?c", "T*", "COM1", "COM2")), names
)


@st.composite
def companies(draw: st.DrawFn) -> dict[str, Company]:
    """Up to five companies; names meet, match others as patterns, and may be another's id."""
    ids = draw(st.lists(st.sampled_from(("COM1", "COM2", "COM3", "COM4", "C*M")), unique=True))
    active = st.sampled_from((True, True, True, False))
    return {one: Company(one, draw(company_names), draw(active)) for one in ids}


@st.composite
def live_accounts(draw: st.DrawFn) -> list[tuple[AccountRef, dict[str, Company], list[LiveTag]]]:
    """Up to three accounts with tags on both levels, duplicates and unknown companies too."""
    handles = draw(st.lists(st.sampled_from(("acme", "bolt", "no")), unique=True, min_size=1))
    pool = draw(st.lists(names, min_size=1, max_size=4))
    accounts = []
    for number, handle in enumerate(handles):
        known = draw(companies())
        places = st.sampled_from([None, *known, "COM9"])
        tags = draw(
            st.lists(
                st.builds(
                    LiveTag,
                    id=st.integers(1, 10**9),
                    name=st.one_of(st.sampled_from(pool), names),
                    color=colors,
                    status=st.sampled_from(Status),
                    company_id=places,
                ),
                max_size=12,
                unique_by=lambda one: one.id,
            )
        )
        accounts.append((AccountRef(handle, f"ACC{number}", draw(names)), known, tags))
    return accounts


_WORDS = st.sampled_from(
    (
     "a", "b", "acme", "all", "", " a", "a ", "a\nb", "\u202e", "D*", "x" * 1001, "caf\u00e9",
     "account", "company", "absent", "enabled", "keep", "delete", "maton", "ACC1", "0", "a b",
     "-a", "\U0001f600",
)
)  # fmt: skip
_SCALARS = st.one_of(_WORDS, st.none(), st.booleans(), st.integers(-1, 101), st.just(1.0))
_LISTS = st.lists(_WORDS, max_size=3)
_VALUES: st.SearchStrategy[Any] = st.one_of(
    _SCALARS, _LISTS, st.lists(_SCALARS, max_size=2), st.just({}), st.just({"a": 1})
)


def _mapping(keys: tuple[str, ...], fitting: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of ``keys``, most with a value that fits."""
    pairs = st.sampled_from(keys).flatmap(
        lambda key: st.tuples(
            st.just(key), st.one_of(fitting.get(key, _VALUES), fitting.get(key, _VALUES), _VALUES)
        )
    )
    return st.lists(pairs, max_size=6).map(dict)


_HANDLES = st.lists(st.sampled_from(("acme", "bolt")), min_size=1, max_size=2)
_PLACE: dict[str, Any] = {
    "companies": st.one_of(st.just("all"), _LISTS),
    "except": _LISTS,
    "level": st.sampled_from(("account", "company")),
    "accounts": _HANDLES,
}
_PROMOTED = _mapping(("name", "companies"), {"name": _WORDS, "companies": _PLACE["companies"]})
tags = _mapping(
    ("name", "name", "color", "state", "renamed_from", "merged_from", "keep_id", "level",
     "companies", "except", "scope", "accounts", "note", "nam"),
    {
        **_PLACE,
        "state": st.sampled_from(("enabled", "disabled", "absent")),
        "renamed_from": st.one_of(_WORDS, _LISTS),
        "merged_from": st.one_of(
            _WORDS, _LISTS, st.lists(st.one_of(_WORDS, _PROMOTED), min_size=1, max_size=2)
        ),
        "keep_id": st.booleans(),
        "scope": st.sampled_from(("s", "t")),
        "name": _WORDS,
        "color": st.sampled_from(("red1", "puce")),
        "note": _WORDS,
    },
)  # fmt: skip
_accounts = _mapping(
    (
        "id",
        "id",
        "connection",
        "api_key_env",
        "unmanaged",
        "protect",
        "ignore",
        "limits",
        "trash",
        "idd",
    ),
    {
        "trash": st.one_of(
            st.sampled_from(("off", "30d", "999d", "0d", "1000d", "30", "30D", " 30d")), _SCALARS
        ),
        "id": st.sampled_from(("ACC1", "ACC2")),
        "unmanaged": st.sampled_from(("keep", "disable", "delete")),
        "protect": _LISTS,
        "ignore": _LISTS,
        "limits": _mapping(
            (*LIMITS, "calls", "x"),
            dict.fromkeys((*LIMITS, "calls"), st.integers(-1, 101)),
        ),
    },
)
_scopes = _mapping(("companies", "except", "accounts", "level", "x"), _PLACE)

documents = st.fixed_dictionaries(
    {"version": st.one_of(st.just(1), st.just(1), _SCALARS)},
    optional={
        "gateway": st.one_of(st.sampled_from(("maton", "callrail")), _VALUES),
        "accounts": st.one_of(
            st.dictionaries(st.sampled_from(("acme", "bolt", "a b")), _accounts), _VALUES
        ),
        "scopes": st.dictionaries(st.sampled_from(("s", "t", "-")), _scopes),
        "tags": st.one_of(st.lists(tags, max_size=5), _VALUES),
        "tag": _VALUES,
    },
)

_TOKENS = st.sampled_from(
    (
     "version: 1\n", "accounts:\n", "  acme: {id: ACC1}\n", "tags:\n", "  - name: a\n",
     "    color: ", "red1\n", "- ", ": ", "? ", "[", "]", "{", "}", ", ", "&a ", "*a", "!x ",
     "!!str ", "'", '"', "|\n", ">-\n", "#", "\n", "\r\n", "\r", " ", "\t", "---\n", "...\n",
     "%YAML 1.2\n", "<<: ", "null", "\ufeff", "\x00", "\u2028", "\U0001f600", "\\",
     "companies: all\n", "\u202e",
)
)  # fmt: skip
yaml_like = st.lists(_TOKENS, max_size=40).map("".join)
