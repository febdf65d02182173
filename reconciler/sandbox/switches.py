"""Everything that CallRail does not document, each as a switch with a likely default."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

Choice = tuple[str, ...]
ON_OFF: Choice = ("off", "on")
FILTERS: Choice = ("honoured", "ignored", "partial", "nocase")
ROW_TAGS: Choice = ("names", "objects", "unnamed", "null", "missing", "empty")


def _switch(default: str, choices: Choice, text: str) -> Any:  # dataclasses.field is untyped too
    return field(default=default, metadata={"choices": choices, "text": text})


def _number(default: int, text: str, *, least: int = 0) -> Any:
    return field(default=default, metadata={"least": least, "text": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One field a switch; the metadata is its documentation and what it may be."""

    unique_names: str = _switch(
        "off", ("off", "exact", "nocase"), "whether a place may hold a name twice"
    )
    palette: str = _switch(
        "documented", ("any", "documented", "narrow"), "which colours are taken; others get 400"
    )
    company_filter: str = _switch(
        "own", ("own", "with-account", "ignored"), "what ?company_id= lists of tags"
    )
    tags_filter: str = _switch("honoured", FILTERS, "what ?tags= does to calls")
    form_tags_filter: str = _switch("honoured", FILTERS, "what ?tags= does to forms")
    tags_comma: str = _switch("whole", ("whole", "split"), "whether ?tags=A,B is one name or two")
    text_search: str = _switch(
        "honoured", ("honoured", "ignored", "fuzzy", "tagless"), "what ?search= does to threads"
    )
    second_delete: str = _switch("404", ("404", "204"), "the answer to deleting a tag again")
    read_delay: int = _number(0, "tag listings after a write that still show the old state")
    page_cap: int = _number(250, "rows a page at most, whatever per_page asks for", least=1)
    over_cap: str = _switch("clamp", ("clamp", "error"), "what per_page over the cap gets")
    total_pages: str = _switch(
        "documented", ("documented", "always", "never"), "which listings carry total_pages"
    )
    error_shape: str = _switch("error", ("error", "errors", "html"), "the body of an error")
    call_tags: str = _switch("names", ROW_TAGS, "how a call lists its tags")
    form_tags: str = _switch("names", ROW_TAGS, "how a form lists its tags")
    flow_tags: str = _switch(
        "name", ("name", "id", "objects"), "how the Tag step of a call flow names its tags"
    )
    append: str = _switch("honoured", ("honoured", "ignored"), "ignored: tags always replace")
    disabled_tags: str = _switch(
        "refused", ("refused", "ignored"), "what newly applying a disabled tag gets"
    )
    threads_key: str = _switch(
        "sms_threads", ("sms_threads", "sms-threads"), "the key of the list of threads"
    )
    all_time: str = _switch(
        "refused", ("refused", "served"), "date_range=all_time: beyond 25 months, or those"
    )
    auto_create_tags: str = _switch("on", ON_OFF, "unknown names on a call become company tags")
    single_tag: str = _switch("off", ON_OFF, "whether GET tags/ID.json exists")
    retry_after: str = _switch("none", ("none", "seconds", "date"), "what a 429 tells")
    created_status: str = _switch("201", ("201", "200"), "the status of a create")
    update_body: str = _switch("tag", ("tag", "empty"), "the body of an update's answer")
    oauth: str = _switch("valid", ("valid", "expired"), "the gateway's grant; expired gives 500")
    activation: int = _number(2, "looks at a new connection before it is ACTIVE")
    writes: str = _switch("allowed", ("allowed", "forbidden"), "forbidden gives writes 403")


def set_switch(switches: Switches, text: str) -> Switches:
    """``switches`` with one set by ``NAME=VALUE``; raises ValueError for what does not exist."""
    name, _, value = text.partition("=")
    for one in fields(Switches):
        if one.name == name.replace("-", "_"):
            changed: dict[str, Any] = {one.name: _checked(one.metadata, value, name)}
            return replace(switches, **changed)
    raise ValueError(f"no switch {name!r}; there are {', '.join(f.name for f in fields(Switches))}")


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
        if not re.fullmatch("[0-9]{1,9}", value) or int(value) < least:
            raise ValueError(f"switch {name} takes a number from {least}, not {value!r}")
        return int(value)
    if value not in choices:
        raise ValueError(f"switch {name} takes {' or '.join(choices)}, not {value!r}")
    return value
