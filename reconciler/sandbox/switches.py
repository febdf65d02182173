"""Everything that CallRail's documentation leaves open, each as a switch with a likely default.

One field of :class:`Switches` is one switch; its metadata is what it may be and what it means.
:func:`variants` gives every setting that is not a default, so that a test can run the same job
under each of them alone and in pairs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

Values = tuple[str, ...]
ON_OFF: Values = ("off", "on")
FILTERS: Values = ("honoured", "ignored", "partial", "nocase")
ROW_TAGS: Values = ("names", "objects", "unnamed", "null", "missing", "empty")
ANSWERS: Values = ("tag", "stale", "empty", "none", "unreadable", "error-done", "error")
"""Bodies of an answer 2xx to a write; only under the last one nothing was written."""


def _switch(default: str, choices: Values, text: str) -> Any:  # dataclasses.field is untyped too
    return field(default=default, metadata={"choices": choices, "text": text})


def _number(default: int, text: str, *, least: int = 0, tried: tuple[int, ...] = ()) -> Any:
    """A number from ``least``; ``tried`` are the settings that :func:`variants` gives."""
    return field(default=default, metadata={"least": least, "text": text, "tried": tried})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One field a switch; the metadata is its documentation and what it may be."""

    # Answers to writes of tags.
    write_ids: str = _switch(
        "text", ("text", "number"), "the id in an answer to a create or update"
    )
    create_answer: str = _switch(
        "tag",
        tuple(one for one in ANSWERS if one != "stale"),
        "the body of a create's 2xx; error-done: an error though the tag was made",
    )
    update_answer: str = _switch(
        "tag",
        ANSWERS,
        "the body of an update's 2xx; none: 204; stale: the tag as it was; error-done: an error"
        " though it was done",
    )
    created_status: str = _switch("201", ("201", "200"), "the status of a create")
    second_delete: str = _switch("404", ("404", "204", "403"), "the answer to deleting a tag again")
    writes: str = _switch("allowed", ("allowed", "forbidden"), "forbidden gives writes 403")
    account_tags: str = _switch(
        "admins", ("admins", "anyone"), "whose keys may write account-level tags; others get 403"
    )
    locked_tag: int = _number(0, "the id of a tag whose update and delete get 403; 0: none")
    missing_level: str = _switch(
        "company", ("company", "refused"), "what a create without tag_level makes"
    )

    # What becomes of the values of a tag.
    names: str = _switch(
        "kept",
        ("kept", "trim", "collapse", "lower", "capitalize", "nfc", "nfd", "nbsp", "visible"),
        "how the server tidies a tag's name; nbsp: to a blank; visible: without controls and zero"
        " width",
    )
    name_length: int = _number(0, "the most characters of a tag's name; 0: any", tried=(12,))
    long_names: str = _switch("cut", ("cut", "refused"), "what a longer name is; refused: 422")
    unique_names: str = _switch(
        "off", ("off", "exact", "nocase"), "whether a place may hold a name twice"
    )
    palette: str = _switch(
        "reference",
        ("reference", "any", "page", "narrow"),
        "which colours are taken: the reference's 24, the page's 9, or ten",
    )
    other_colors: str = _switch(
        "400", ("400", "422", "changed"), "what a colour outside the palette gets; changed: gray1"
    )

    # Listings of tags.
    read_delay: int = _number(
        0, "tag listings after a write that still show the old state", tried=(1,)
    )
    read_delay_seconds: int = _number(
        0, "seconds after a write in which tag listings show the old state", tried=(1, 4, 30)
    )
    company_filter: str = _switch(
        "own",
        ("own", "with-account", "ignored", "partial"),
        "what ?company_id= lists of tags; partial: only odd ids",
    )
    level_filter: str = _switch(
        "honoured", ("honoured", "ignored", "partial"), "what ?tag_level= does; partial: odd ids"
    )
    status_filter: str = _switch("honoured", ("honoured", "ignored"), "what ?status= does to tags")
    sorting: str = _switch("honoured", ("honoured", "ignored"), "what ?sort=name does to tags")
    tag_totals: str = _switch(
        "right",
        ("right", "more", "fewer", "moving", "missing"),
        "the total_records of tags; moving: one more on each page",
    )
    tag_rows: str = _switch(
        "once",
        ("once", "twice", "instead"),
        "twice: the first tag comes again at the end of the last page; instead: in another's place",
    )
    odd_tag: str = _switch(
        "none",
        (
            "none",
            "no-status",
            "other-status",
            "word-id",
            "text-id",
            "null-name",
            "no-level",
            "list",
        ),
        "how one listed tag departs from the reference",
    )
    odd_tag_id: int = _number(0, "the tag that does; 0: one more at the end of account level")
    list_ids: str = _switch("number", ("number", "text"), "the ids of tags in listings")
    tag_dates: str = _switch("on", ON_OFF, "whether tags carry created_at")
    tag_backgrounds: str = _switch("on", ON_OFF, "whether tags carry background_color")
    single_tag: str = _switch("off", ON_OFF, "whether GET tags/ID.json exists")

    # Calls, forms, texts, flows.
    tags_filter: str = _switch("honoured", FILTERS, "what ?tags= does to calls")
    form_tags_filter: str = _switch("honoured", FILTERS, "what ?tags= does to forms")
    tags_comma: str = _switch("whole", ("whole", "split"), "whether ?tags=A,B is one name or two")
    text_search: str = _switch(
        "honoured", ("honoured", "ignored", "fuzzy", "tagless"), "what ?search= does to threads"
    )
    call_tags: str = _switch("names", ROW_TAGS, "how a call lists its tags")
    form_tags: str = _switch("names", ROW_TAGS, "how a form lists its tags")
    flow_tags: str = _switch(
        "name", ("name", "id", "objects"), "how the Tag step of a call flow names its tags"
    )
    append: str = _switch(
        "honoured",
        ("honoured", "flag", "list", "ignored"),
        "whether append_tags adds as a flag beside tags, as a list of names, as both; ignored: tags"
        " always replace",
    )
    namesakes: str = _switch(
        "company",
        ("company", "account", "own"),
        "which tag a name on both levels is on a call; own: the company's, made where it has none",
    )
    disabled_tags: str = _switch(
        "refused",
        ("refused", "ignored", "applied", "another"),
        "what newly applying a disabled tag gets; another: one more of its name in the company",
    )
    renamed_assignments: str = _switch(
        "kept", ("kept", "dropped"), "whether calls, forms and texts keep a tag that is renamed"
    )
    disabled_assignments: str = _switch(
        "kept",
        ("kept", "unfound", "hidden", "dropped"),
        "whether they keep a tag that is disabled; unfound: filters don't find it; hidden: nor do"
        " rows show it",
    )
    tags_filter_delay: int = _number(
        0,
        "listings of calls, forms or texts by tag after a write that still find the old state",
        tried=(1,),
    )
    tags_filter_delay_seconds: int = _number(
        0, "seconds after a write in which they find the old state", tried=(4,)
    )
    threads_key: str = _switch(
        "sms_threads", ("sms_threads", "sms-threads"), "the key of the list of threads"
    )
    next_page: str = _switch(
        "callrail", ("callrail", "same"), "whose host next_page names: CallRail's, or the one asked"
    )
    form_tracking: str = _switch("on", ON_OFF, "off: everything about forms gets 403")
    all_time: str = _switch(
        "refused", ("refused", "served"), "date_range=all_time: beyond 25 months, or those"
    )
    auto_create_tags: str = _switch("on", ON_OFF, "unknown names on a call become company tags")

    # All listings, errors and quotas.
    page_cap: int = _number(
        250, "rows a page at most, whatever per_page asks for", least=1, tried=(2,)
    )
    over_cap: str = _switch("clamp", ("clamp", "error"), "what per_page over the cap gets")
    total_pages: str = _switch(
        "always", ("always", "some", "never"), "which listings carry total_pages"
    )
    link_header: str = _switch("on", ON_OFF, "whether pages carry a Link header")
    error_shape: str = _switch(
        "error", ("error", "errors", "errors-map", "html"), "the body of an error"
    )
    hidden_accounts: str = _switch(
        "404", ("404", "403"), "the answer about an account that the key's user may not see"
    )
    rate_headers: str = _switch("on", ON_OFF, "whether answers carry X-Rate-Limit-*")
    retry_after: str = _switch(
        "none",
        ("none", "seconds", "date", "zero", "day", "nonsense"),
        "the Retry-After of a 429",
    )

    # Maton.
    gateway_errors: str = _switch(
        "message",
        ("message", "error", "detail", "detail-list"),
        "the body of an error of Maton's own",
    )
    gateway_limit: int = _number(0, "requests a second through Maton; 0: any", tried=(10,))
    connection_key: str = _switch(
        "connection_id", ("connection_id", "connection_Id", "id"), "what names a connection's id"
    )
    oauth: str = _switch("valid", ("valid", "expired"), "the gateway's grant; expired gives 500")
    activation: int = _number(2, "reads of a new connection before it is ACTIVE", tried=(0,))


def set_switch(switches: Switches, text: str) -> Switches:
    """``switches`` with one set by ``NAME=VALUE``; raises ValueError for what does not exist."""
    name, _, value = text.partition("=")
    for one in fields(Switches):
        if one.name == name.replace("-", "_"):
            changed: dict[str, Any] = {one.name: _checked(one.metadata, value, name)}
            return replace(switches, **changed)
    raise ValueError(f"no switch {name!r}; there are {', '.join(f.name for f in fields(Switches))}")


def set_switches(*texts: str) -> Switches:
    """The defaults with several set, such as ``names=trim``; raises ValueError as above."""
    switches = Switches()
    for text in texts:
        switches = set_switch(switches, text)
    return switches


def variants() -> list[str]:
    """``NAME=VALUE`` of every setting beside the defaults, in the order of the table.

    A number gives the few settings that are worth trying, one that has none is left out.
    """
    return [
        f"{one.name}={value}"
        for one in fields(Switches)
        for value in one.metadata.get("choices", one.metadata.get("tried", ()))
        if value != one.default
    ]


def described() -> str:
    """All switches, one a line, for --help."""
    lines = []
    for one in fields(Switches):
        choices = one.metadata.get("choices")
        values = "|".join(choices) if choices else "N"
        lines.append(f"  {one.name}={values}  {one.metadata['text']} (default {one.default})")
    return "\n".join(lines)


def _checked(metadata: Any, value: str, name: str) -> str | int:
    choices = metadata.get("choices")
    if choices is None:
        least = metadata["least"]
        if not re.fullmatch("[0-9]{1,18}", value) or int(value) < least:
            raise ValueError(f"switch {name} takes a number from {least}, not {value!r}")
        return int(value)
    if value not in choices:
        raise ValueError(f"switch {name} takes {' or '.join(choices)}, not {value!r}")
    return value
