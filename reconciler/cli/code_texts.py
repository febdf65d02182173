"""What each code means, with an example and what to do: the one table that ``explain CODE`` shows.

The meanings of a configuration's and a plan's codes stand beside them, in ``config/codes.py`` and
``model/codes.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.config import codes as config
from reconciler.config.codes import Code
from reconciler.config.muting import MUTABLE
from reconciler.model import codes as model
from reconciler.model.codes import PlanCode
from reconciler.planning.inverse import LEFT_ALONE, NOT_UNDONE
from reconciler.planning.odd_rows import ODD_ROW
from reconciler.planning.usage_advice import FLOW_BREAKS, UNCOUNTED

if TYPE_CHECKING:
    from collections.abc import Mapping


class CodeText(NamedTuple):
    """One code: what it ``means``, an ``example`` that draws it, what to ``do``; whether the
    configuration may mute it.
    """

    code: str
    means: str
    example: str
    do: str
    mutable: bool


def code_texts() -> Mapping[str, CodeText]:
    """Every code there is, in the order of the codes."""
    meanings: dict[str, str] = {one.value: text for one, text in config.MEANINGS.items()}
    meanings |= {one.value: text for one, text in model.MEANINGS.items()}
    meanings |= _OTHERS
    return {
        code: CodeText(code, meanings[code], *_TEXTS[code], mutable=code in MUTABLE)
        for code in sorted(meanings)
    }


_OTHERS: Final = {
    ODD_ROW: "A row of the listing is not a tag as we know it; it is left alone, and nothing is "
    "deleted in that account.",
    UNCOUNTED: "Some kind of interaction, or some flows, can't be counted, and why.",
    FLOW_BREAKS: "Flows apply a tag that will be disabled, and can't apply it any more.",
    "APPLY001": "The server refused a change, or it failed.",
    "APPLY002": "The change is done, but the server stores it otherwise than asked.",
    NOT_UNDONE: "`undo` can't take something back: what was deleted or merged away for good.",
    LEFT_ALONE: "`undo` leaves something alone: it is no longer as the apply left it.",
}

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    Code.MISSING: ("reconciler plan -c tags.yml, and the file is called tags.yaml",
                   "Correct the path; `reconciler init` writes a first file."),
    Code.UNREADABLE: ("tags.yaml is a symbolic link to /etc/passwd",
                      "Put the file itself there, let it end in .yaml, and let your user read it."),
    Code.NO_FILES: ("reconciler plan -c docs, where only *.md are",
                    "Name the directory that holds the configuration."),
    Code.TOO_LARGE: ("-c / , or a file of 11 MiB",
                     "Name only the configuration's directory, and split a large file."),
    Code.ENCODING: ("a file saved as UTF-16 by a spreadsheet", "Save it as UTF-8."),
    Code.CHARACTER: ("name: \"Lead\" with U+202E in it, which turns the text round",
                     "Delete it; write \"\\u202E\" in double quotes if it must be there."),
    Code.SYNTAX: ("- name: Lead: hot", 'Quote what holds ": ", " #" or a leading *: "Lead: hot".'),
    Code.DUPLICATE_KEY: ("two lines `color:` in one block", "Delete one of them."),
    Code.KEY_TYPE: ("1: blue1", 'Quote it: "1".'),
    Code.YAML_TAG: ("name: !secret lead", "Delete the tag; nothing is looked up or built."),
    Code.ALIASES: ("scopes: &a {b: *a}", "Write it out, or use a scope."),
    Code.DEPTH: ("tags: [[[[[[…", "Close the brackets; nothing here nests deeply."),
    Code.DOCUMENTS: ("a line `---` between two blocks", "Delete it, or make two files."),
    Code.MERGE_KEY: ("<<: *defaults", "Use a scope: it carries what tags share."),
    Code.DIRECTIVE: ("%TAG ! tag:example.com,2000:", "Delete the line."),
    Code.EMPTY_FILE: ("a file with comments only",
                      "Write `version: 1`, accounts and tags, or delete the file."),
    Code.TOO_MANY: ("1,000 errors after a search and replace",
                    "Correct the first ones; many may be one mistake."),
    Code.KEY_MISSING: ("- color: red1, without a name", "Write the key that the message names."),
    Code.KEY_UNKNOWN: ("colour: red1", "Write `color`; the message names the nearest key."),
    Code.TYPE: ("name: 1.0", 'Quote it: "1.0"; put several values in brackets.'),
    Code.VALUE: ("state: absnt", "Write one of the values that the message lists."),
    Code.FORM: ("accounts: {ac me: {id: ACC…}}", "Write it in the form that the message shows."),
    Code.LENGTH: ("accounts: [acme, acme]", "Delete what is twice; write what is empty."),
    Code.CONTRADICTION: ("level: account beside companies: all", "Keep one of the two."),
    Code.NO_NOTE: ("- {name: Old, state: absent}",
                   "Add `note:` with the reason; whoever reviews the delete reads it."),
    Code.VERSION: ("version: 2", "Write `version: 1`, or use the release that reads this one."),
    Code.NAME: ('name: "Lead "', "Delete the space; a live name that has it goes to renamed_from."),
    Code.ACCOUNT_TWICE: ("acme: in two files", "Keep one; accounts are not merged."),
    Code.ID_TWICE: ("acme and bolt with one id", "Correct an id; an account has one handle."),
    Code.SCOPE_TWICE: ("scopes: dental: in two files", "Keep one, or rename one."),
    Code.NO_ACCOUNTS: ("a configuration of tags only",
                       "Write accounts: {acme: {id: ACC…}}; `reconciler get accounts` lists ids."),
    Code.UNKNOWN_ACCOUNT: ("accounts: [acne]", "Correct the handle."),
    Code.UNKNOWN_SCOPE: ("scope: dentl", "Correct the name, or declare the scope."),
    Code.NO_ACCOUNT_LEFT: ("scope for bolt, accounts: [acme]", "Delete `accounts` here."),
    Code.GATEWAYS: ("gateway: maton here, callrail there", "Say it once."),
    Code.DECLARED_TWICE: ("Lead for all companies, and Lead for Dental North",
                          "Delete one, or take the place out of the other with `except`."),
    Code.FORMER_OWN: ("{name: Lead, renamed_from: [Lead]}", "Delete it from the list."),
    Code.FORMER_TWICE: ("two tags of one place with renamed_from: [Oppty]",
                        "Let one of them have it: a tag can be renamed once."),
    Code.FORMER_DECLARED: ("Lead renamed_from Prospect, and Prospect declared too",
                           "Make it two changes: rename first, declare the old name after it."),
    Code.FORMER_ABSENT: ("{name: Old, state: absent, renamed_from: [Older]}",
                         "Declare the other name absent by itself."),
    Code.IGNORED: ('name: crm-lead, and ignore: ["crm-*"]',
                   "Narrow `ignore`, or delete the block: others own that name."),
    Code.UNKNOWN_CODE: ("warnings: {ignore: {PLAN099: known}}", "Correct the code."),
    Code.NOT_MUTABLE: ("warnings: {ignore: {CFG007: known}}",
                       "Delete the line; errors and warnings of lost history stay."),
    Code.MUTED_TWICE: ("PLAN003 muted in two files", "Keep one, with one reason."),
    Code.DATE: ("until: 2027-02-31", "Write a day that there is, as 2027-02-28."),
    Code.NOTHING_SELECTED: ('companies: ["Dentl *"]',
                            "Correct the name; `reconciler get companies` lists them."),
    Code.NOTHING_LEFT: ('companies: ["Dental *"], except: ["*"]',
                        "Narrow `except`, or delete the block."),
    Code.COLOR: ("color: mauve", "Take one of CallRail's colours; `reconciler schema` lists them."),
    Code.LOOK_ALIKE: ("Lead and lead in one place",
                      "Make it one tag with renamed_from or merged_from, or mute the code."),
    Code.BOTH_LEVELS: ("Lead on account level and in all companies",
                       "Keep one level: people would see two."),
    Code.COMPANY_TWICE: ('companies: ["Dental North"], of which there are two',
                         "Name the one that is meant by its id."),
    Code.CONNECTION: ("connection: under gateway: callrail",
                      "Delete it, or write gateway: maton."),
    Code.UNUSED_SCOPE: ("scopes: dental, used by nothing", "Delete it, or use it."),
    Code.CUT: ("name: Store #12, which is Store", 'Quote it: "Store #12".'),
    Code.QUOTES: ("name: “Lead”", 'Write straight quotes, or none: "Lead".'),
    Code.BLANKS: ("name: Lead  hot", "Write one plain space, unless live has it so."),
    Code.COMPANY_DISABLED: ("companies: [Dental Old], a client who left",
                            "Delete it here, or enable the company in CallRail."),
    Code.EXCEPTION_ENDS: ("except with until: in ten days",
                          "Decide: delete the exception, or give it a later day."),
    Code.EXCEPTION_OVER: ("except with until: last week",
                          "Delete the exception, or give it a later day; it goes on until then."),
    Code.ACCOUNT_NUMBER: ("id: 123456789",
                          "Write the id, ACC…; `reconciler get accounts` lists both."),
    PlanCode.BOTH_LIVE: ("Opportunity renamed_from Oppty, and both are live",
                         "Use merged_from to make them one, or declare the old one absent."),
    PlanCode.SEVERAL_FORMER: ("renamed_from: [Oppty, Opp], and both are live",
                              "Order the list by which is used most, or use merged_from."),
    PlanCode.DUPLICATES: ("two live tags called Spam in Dental North",
                          "Rename or delete one in CallRail; the oldest is managed."),
    PlanCode.LOOK_ALIKE: ("Opportunity is created, and Oportunity is live",
                          "Paste the line renamed_from that the warning shows, to keep history."),
    PlanCode.MOVED: ("Lead leaves account level and is created in companies",
                     "Expect a new tag without calls, or keep the old place."),
    PlanCode.OTHER_LEVEL: ("Lead is declared in companies and live on account level",
                           "Take companies' own in: merged_from: [{name: Lead, companies: all}]."),
    PlanCode.FORMER_ELSEWHERE: ("Oppty is a former name here and live in Dental West",
                                "Find what writes it, or declare it there."),
    PlanCode.NOT_CREATED: ("Lead is declared, and lead is live on a server that tidies case",
                           "Paste renamed_from, or take the server's spelling."),
    PlanCode.SEVERAL_IN_TRASH: ("Lead went to the trash twice, and is declared again",
                                "Nothing, if the newest is right; else rename the other by hand."),
    PlanCode.RENAMED_SINCE: (
        "plan --since yesterday.json, and VIP is called Premium since then",
        "Let the plan rename it back, or write the new name and the old one in `renamed_from`."),
    PlanCode.ANOTHER_SINCE: (
        "plan --since yesterday.json, and Hot was deleted and created anew since then",
        "Look whether the new tag is meant; what had the old one has it no more."),
    PlanCode.PURGES_WAIT: ("nine tags in the trash are due, and limits.deletes is 5",
                           "Apply this plan and the next; or raise the limits for a while."),
    ODD_ROW: ("a tag without a name on page 3 of the listing",
              "Check that tag in CallRail; report it if it is right there."),
    UNCOUNTED: ("text threads, with a key whose user may not see them",
                "Plan with a key that may, or disable instead of deleting."),
    FLOW_BREAKS: ("Spam is disabled, and a call flow applies it",
                  "Change the flow in CallRail first, or leave the tag enabled."),
    "APPLY001": ("color: magenta, which the server does not know",
                 "Correct the line that is shown, and apply again: what is done is skipped."),
    "APPLY002": ('name: "Lead Hot", stored as "Lead hot"',
                 "Write the name as it is stored: the message shows the line."),
    NOT_UNDONE: ("undo of an apply that deleted Old campaign",
                  "Declare it again for a new tag; what it was on is not known any more."),
    LEFT_ALONE: ("someone renamed the tag after the apply",
                 "Change it by the configuration, if it shall change."),
}  # fmt: skip
