"""What one file can get wrong: the code, the characters pointed at, the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from reconciler.config.codes import MEANINGS, Code
from tests.config.writing import HEAD, TWO, pointed_at, problems, write

if TYPE_CHECKING:
    from pathlib import Path


class Case(NamedTuple):
    code: Code
    text: str | bytes
    at: str
    """The characters under the caret."""
    hint: str = ""
    """A part of the hint."""
    second: str = ""
    """The characters that the second mark is under."""


def tags(*blocks: str, head: str = HEAD) -> str:
    return head + "tags:\n" + "".join(f"  - {{{block}}}\n" for block in blocks)


CASES = (
    Case(Code.ENCODING, b"version: 1\nname: caf\xe9\n", "\ufffd", "UTF-8"),
    Case(Code.ENCODING, "version: 1\n".encode("utf-16"), ""),
    Case(Code.CHARACTER, tags("name: a") + "# \u202e gpj\n", "\u202e", "\\u202e"),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name: a: b\n", ":", 'quote it: "a: b"'),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name:a\n    color: red1\n", ":", "Quote", "name:a"),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name: a\n\tcolor: b\n", "\t", "spaces"),
    Case(Code.SYNTAX, HEAD + 'tags:\n  - name: "a\\d"\n', "\\", "backslash"),
    Case(Code.SYNTAX, HEAD + "tags:\n\t- name: a\n", "\t", "spaces"),
    Case(Code.SYNTAX, HEAD + "tags: [{name: a}\nx: 1\n", "x", "]", "["),
    Case(Code.SYNTAX, tags("name: *a"), "*a", "an alias needs"),
    Case(Code.SYNTAX, tags("name: a", "name: b, companies: [*Dental]"), "*Dental", '"*Dental"'),
    Case(Code.SYNTAX, tags("name: a, companies: [*]"), "*", '"*"'),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name: `a`\n", "`", "Quote"),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name: Lead: hot\n", ":", '"Lead: hot"'),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name: a\n     color: b\n", "color", "column 5", "name"),
    Case(Code.SYNTAX, HEAD + "tags:\n  - name: 'Don't call'\n", "t", "''"),
    Case(Code.SYNTAX, HEAD + 'tags:\n  - name: "a" b\n', "b", "single quotes"),
    Case(Code.SYNTAX, HEAD + 'tags:\n  - name: "a\n  - name: b\n', '"', "Close it"),
    Case(Code.DUPLICATE_KEY, "version: 1\n" + HEAD, "version", "Delete", "version"),
    Case(Code.KEY_TYPE, tags("name: a, 1: b"), "1", 'Quote it: "1"'),
    Case(Code.KEY_TYPE, tags("name: a, [b]: c"), "[b]", "word"),
    Case(Code.YAML_TAG, tags("name: !secret a"), "!secret", "Delete"),
    Case(Code.ALIASES, HEAD + "scopes: &a {b: *a}\n", "*a", "out"),
    Case(Code.DEPTH, HEAD + "tags: " + "[" * 60 + "]" * 60 + "\n", "[", "bracket"),
    Case(Code.DOCUMENTS, HEAD + "---\n" + HEAD, "---", "`---`"),
    Case(Code.MERGE_KEY, tags("name: a, <<: {color: red1}"), "<<", "scopes"),
    Case(Code.DIRECTIVE, "%TAG ! tag:x,2000:\n---\n" + HEAD, "%TAG ! tag:x,2000:"),
    Case(Code.EMPTY_FILE, "# nothing\n", "#", "version: 1"),
    Case(Code.KEY_MISSING, HEAD.replace("version: 1\n", ""), HEAD.splitlines()[1], "`version: 1`"),
    Case(Code.KEY_MISSING, tags("color: red1"), "{color: red1}", "tag's name"),
    Case(Code.KEY_UNKNOWN, tags("name: a, colour: red1"), "colour", "`color`"),
    Case(Code.KEY_UNKNOWN, HEAD[:-3] + ", limits: {calls: 9}}}\n", "9", "`interactions:`"),
    Case(Code.KEY_UNKNOWN, HEAD[:-3] + ", limits: {call: 9}}}\n", "call", "interactions"),
    Case(Code.TYPE, tags("name: 1.0"), "1.0", 'Quote it: "1.0"'),
    Case(Code.TYPE, tags("name: a, companies: Dental North"), "Dental North", '["Dental North"]'),
    Case(Code.TYPE, tags("name: a, companies: 5"), "5", '["5"]'),
    Case(Code.TYPE, tags("name: a, accounts: acme"), "acme", '["acme"]'),
    Case(Code.TYPE, tags("name: a, note: [b]"), "[b]", "one text"),
    Case(Code.TYPE, HEAD + "tags:\n  - name: #1\n", " #1", "comment"),
    Case(Code.TYPE, HEAD + "tags:\n  - name:\n    color: a\n", "", "after the colon"),
    Case(Code.TYPE, HEAD + "tags:\n  - name:\u00a0a\n", "name:\u00a0a", "`name: a`"),
    Case(Code.TYPE, "hello\n", "hello", "version: 1"),
    Case(Code.VALUE, HEAD[:-3] + ", limits: {deletes: -1}}}\n", "-1", "from 0 to 1,000,000"),
    Case(Code.VALUE, tags("name: a, state: absnt"), "absnt", "`absent`"),
    Case(Code.FORM, "version: 1\naccounts: {ac me: {id: ACC1}}\n", "ac me", "acme"),
    Case(Code.LENGTH, tags("name: ''"), "''", "Write what is meant"),
    Case(Code.LENGTH, tags("name: a, accounts: [acme, acme]"), "[acme, acme]", "Delete"),
    Case(Code.CONTRADICTION, tags("name: a, except: [b]"), "except", "companies: all"),
    Case(Code.CONTRADICTION, tags("name: a, level: company"), "level", "companies"),
    Case(Code.CONTRADICTION, tags("name: a, level: account, companies: all"), "account", "Delete"),
    Case(Code.CONTRADICTION, tags("name: a, scope: b, companies: all"), "all", "Keep one"),
    Case(Code.NO_NOTE, tags("name: a, state: absent"), "state", "note"),
    Case(Code.VERSION, "version: 2\naccounts: {acme: {id: ACC1}}\n", "2", "version: 1"),
    Case(Code.NAME, tags('name: " a"'), '" a"', "Delete the space"),
    Case(Code.NAME, tags('name: "a\\u0007"'), '"a\\u0007"', "U+0007"),
    Case(Code.FORM, tags('name: a, note: "a\\u202e"'), '"a\\u202e"', "U+202E"),
    Case(Code.NAME, tags('name: "a\\u0007"'), '"a\\u0007"'),
    Case(Code.NAME, HEAD + "tags:\n  - name: |\n      a\n", "|", "one line"),
    Case(Code.NAME, tags("name: cafe\u0301"), "cafe\u0301", "caf\u00e9"),
    Case(
        Code.ID_TWICE,
        "version: 1\naccounts: {acme: {id: ACC1}, bolt: {id: ACC1}}\n",
        "ACC1",
        "one handle",
        "ACC1",
    ),
    Case(Code.NO_ACCOUNTS, "version: 1\ntags: [{name: a}]\n", "version: 1", "accounts:"),
    Case(Code.UNKNOWN_ACCOUNT, tags("name: a, accounts: [acne]"), "acne", '"acme"'),
    Case(
        Code.UNKNOWN_SCOPE,
        HEAD + "scopes: {dental: {companies: all}}\ntags:\n"
        "  - {name: a, scope: dentl}\n  - {name: b, scope: dental}\n",
        "dentl",
        '"dental"',
    ),
    Case(
        Code.NO_ACCOUNT_LEFT,
        TWO + "scopes: {s: {accounts: [bolt]}}\ntags: [{name: a, scope: s, accounts: [acme]}]\n",
        "[acme]",
        "Delete `accounts`",
        "[bolt]",
    ),
    Case(Code.DECLARED_TWICE, tags("name: a", "name: a, color: red1"), "a", "Delete one", "a"),
    Case(Code.FORMER_OWN, tags("name: a, renamed_from: [b, a]"), "a", "Delete it"),
    Case(
        Code.FORMER_TWICE,
        tags("name: a, renamed_from: [x]", "name: b, renamed_from: x"),
        "x",
        "one of them",
        "x",
    ),
    Case(
        Code.FORMER_DECLARED,
        tags("name: a, renamed_from: [b]", "name: b"),
        "b",
        "two changes",
        "b",
    ),
    Case(
        Code.FORMER_ABSENT,
        tags("name: a, state: absent, note: n, renamed_from: [b]"),
        "[b]",
        "Delete",
    ),
    Case(
        Code.IGNORED,
        "version: 1\naccounts: {acme: {id: ACC1, ignore: ['crm-*']}}\ntags: [{name: crm-1}]\n",
        "crm-1",
        "narrow `ignore`",
    ),
    Case(Code.NOTHING_SELECTED, tags("name: a, companies: [Dental Nort]"), "Dental Nort", "North"),
    Case(Code.COMPANY_DISABLED, tags("name: a, companies: [Gone]"), "Gone", "enable"),
    Case(Code.COMPANY_DISABLED, tags("name: a, companies: [Law East, COM7]"), "COM7", "Delete it"),
    Case(Code.NOTHING_SELECTED, tags("name: a, companies: ['Gon*']"), "'Gon*'", "enable"),
    Case(
        Code.NOTHING_LEFT,
        tags("name: a, companies: [Law East], except: [{company: Law East}]"),
        "[{company: Law East}]",
        "Narrow",
        "[Law East]",
    ),
    Case(
        Code.DATE,
        tags("name: a, companies: all, except: [{company: Twin, until: 2027-02-30}]"),
        "2027-02-30",
        "YYYY-MM-DD",
    ),
    Case(
        Code.FORM,
        tags("name: a, companies: all, except: [{company: Twin, until: tomorrow}]"),
        "tomorrow",
        "2027-03-31",
    ),
    Case(
        Code.KEY_MISSING,
        tags("name: a, companies: all, except: [{reason: Because.}]"),
        "{reason: Because.}",
        "`company:`",
    ),
    Case(Code.CUT, HEAD + "tags:\n  - name: Store #12\n", "#12", 'quote it: "Store #12"'),
    Case(Code.CUT, HEAD + "tags: [{name: a, note: See #7\n}]\n", "#7", "after the `#`"),
    Case(Code.QUOTES, tags("name: \u201cHot lead\u201d"), "\u201cHot lead\u201d", '"Hot lead"'),
    Case(Code.BLANKS, tags("name: Hot  lead"), "Hot  lead", '"Hot lead"'),
    Case(Code.BLANKS, tags("name: Hot\u00a0lead"), "Hot\u00a0lead", '"Hot lead"'),
    Case(Code.NAME, tags('name: "a "'), '"a "', "Delete the space"),
    Case(Code.UNKNOWN_CODE, HEAD + "warnings: {ignore: {PLAN0003: x}}\n", "PLAN0003", '"PLAN003"'),
    Case(Code.NOT_MUTABLE, HEAD + "warnings: {ignore: {CFG210: x}}\n", "CFG210", "mend"),
    Case(Code.NOT_MUTABLE, HEAD + "warnings: {ignore: {PLAN004: x}}\n", "PLAN004", "mend"),
    Case(Code.LENGTH, HEAD + "warnings: {ignore: {PLAN003: ''}}\n", "''", "Write what is meant"),
    Case(Code.FORM, HEAD + "warnings: {ignore: {PLAN003: ' '}}\n", "' '", "Write why"),
    Case(
        Code.ACCOUNT_NUMBER,
        "version: 1\naccounts: {acme: {id: '227799611'}}\n",
        "'227799611'",
        "ACC",
    ),
    Case(
        Code.NOTHING_LEFT,
        tags("name: a, companies: [Law East], except: ['Law*']"),
        "['Law*']",
        "Narrow",
        "[Law East]",
    ),
    Case(Code.NOTHING_SELECTED, tags("name: a, companies: [all]"), "all", "without brackets"),
    Case(Code.COLOR, tags("name: a, color: orage3"), "orage3", '"orange3"'),
    Case(Code.LOOK_ALIKE, tags("name: New lead", "name: new lead"), "new lead", "case", "New lead"),
    Case(Code.LOOK_ALIKE, tags("name: a b", "name: a  B"), "a  B", "in spacing", "a b"),
    Case(Code.LOOK_ALIKE, tags("name: a b", "name: a-b"), "a-b", "in punctuation", "a b"),
    Case(Code.LOOK_ALIKE, tags("name: ea", "name: \u0435a"), "\u0435a", "U+0435, CYRILLIC", "ea"),
    Case(Code.BOTH_LEVELS, tags("name: a", "name: a, companies: all"), "a", "", "a"),
    Case(Code.COMPANY_TWICE, tags("name: a, companies: [Twin]"), "Twin", "COM5 or COM6"),
    Case(
        Code.CONNECTION,
        "version: 1\ngateway: callrail\naccounts: {acme: {id: ACC1, connection: c}}\n",
        "connection",
        "Delete",
    ),
    Case(
        Code.UNUSED_SCOPE, HEAD + "scopes: {dental: {companies: all}}\n", "dental", "scope: dental"
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code.name}-{case.at[:12]}")
def test_a_mistake_draws_its_code_and_its_place(tmp_path: Path, case: Case) -> None:
    found = problems(tmp_path, case.text)
    assert [one.code for one in found] == [case.code]
    assert pointed_at(found[0]) == case.at
    assert case.hint in (found[0].hint or "")
    if case.second:
        assert pointed_at(found[0], mark=1) == case.second


def test_every_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Code)


def test_the_file_is_named_as_it_was_given(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, tags("nam: a"))
    (path,) = write(tmp_path, "")
    assert str(found.source) == f"{path.as_posix()}:4:6"


SECRET = "0123456789abcdef"


@pytest.mark.parametrize("key", ["api_key", "token", "api_key_env"])
def test_what_may_be_a_key_is_not_repeated(tmp_path: Path, key: str) -> None:
    text = f"version: 1\naccounts:\n  acme: {{id: ACC1, {key}: {SECRET}}}\n"
    (found,) = problems(tmp_path, text)
    assert SECRET not in str(found)
    assert found.marks[0].text == f"  acme: {{id: ACC1, {key}: …"
