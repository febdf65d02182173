"""Every error and warning that a configuration can draw: its stable code and what it means."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The codes; they are never reused for something else."""

    MISSING = "CFG001"
    UNREADABLE = "CFG002"
    NO_FILES = "CFG003"
    TOO_LARGE = "CFG004"
    ENCODING = "CFG005"
    CHARACTER = "CFG006"
    SYNTAX = "CFG007"
    DUPLICATE_KEY = "CFG008"
    KEY_TYPE = "CFG009"
    YAML_TAG = "CFG010"
    ALIASES = "CFG011"
    DEPTH = "CFG012"
    DOCUMENTS = "CFG013"
    MERGE_KEY = "CFG014"
    DIRECTIVE = "CFG015"
    EMPTY_FILE = "CFG016"
    TOO_MANY = "CFG017"

    KEY_MISSING = "CFG101"
    KEY_UNKNOWN = "CFG102"
    TYPE = "CFG103"
    VALUE = "CFG104"
    FORM = "CFG105"
    LENGTH = "CFG106"
    CONTRADICTION = "CFG107"
    NO_NOTE = "CFG108"
    VERSION = "CFG109"

    NAME = "CFG201"
    ACCOUNT_TWICE = "CFG202"
    ID_TWICE = "CFG203"
    SCOPE_TWICE = "CFG204"
    NO_ACCOUNTS = "CFG205"
    UNKNOWN_ACCOUNT = "CFG206"
    UNKNOWN_SCOPE = "CFG207"
    NO_ACCOUNT_LEFT = "CFG208"
    GATEWAYS = "CFG209"
    DECLARED_TWICE = "CFG210"
    FORMER_OWN = "CFG211"
    FORMER_TWICE = "CFG212"
    FORMER_DECLARED = "CFG213"
    FORMER_ABSENT = "CFG214"
    IGNORED = "CFG215"
    UNKNOWN_CODE = "CFG216"
    NOT_MUTABLE = "CFG217"
    MUTED_TWICE = "CFG218"
    DATE = "CFG219"

    NOTHING_SELECTED = "CFG301"
    NOTHING_LEFT = "CFG302"

    COLOR = "CFG401"
    LOOK_ALIKE = "CFG402"
    BOTH_LEVELS = "CFG403"
    COMPANY_TWICE = "CFG404"
    CONNECTION = "CFG405"
    UNUSED_SCOPE = "CFG406"
    CUT = "CFG407"
    QUOTES = "CFG408"
    BLANKS = "CFG409"
    COMPANY_DISABLED = "CFG410"
    EXCEPTION_ENDS = "CFG411"
    EXCEPTION_OVER = "CFG412"
    ACCOUNT_NUMBER = "CFG413"


MEANINGS = {
    Code.MISSING: "A file or directory of the configuration does not exist.",
    Code.UNREADABLE: "A file can't be read, or is a device, a pipe or a socket.",
    Code.NO_FILES: "A directory holds no *.yaml or *.yml file.",
    Code.TOO_LARGE: "A file is over 10 MiB, or there are too many files or bytes in all.",
    Code.ENCODING: "A file is not UTF-8.",
    Code.CHARACTER: "A control or bidirectional-override character stands in a file.",
    Code.SYNTAX: "The file is not YAML.",
    Code.DUPLICATE_KEY: "A mapping has the same key twice.",
    Code.KEY_TYPE: "A key is not a string.",
    Code.YAML_TAG: "A YAML tag such as !secret or !!python/object is used.",
    Code.ALIASES: "Aliases are too many, expand to too much, or stand inside their own anchor.",
    Code.DEPTH: "Lists and mappings are nested too deeply.",
    Code.DOCUMENTS: "A file holds more than one YAML document.",
    Code.MERGE_KEY: "A merge key (<<) is used, which YAML 1.2 does not have.",
    Code.DIRECTIVE: "A YAML directive other than %YAML is used.",
    Code.EMPTY_FILE: "A file holds nothing.",
    Code.TOO_MANY: "There are more problems than anybody reads; the others are not shown.",
    Code.KEY_MISSING: "A key that must be there is missing.",
    Code.KEY_UNKNOWN: "A key is not known here, most often because it is misspelt.",
    Code.TYPE: "A value has the wrong type.",
    Code.VALUE: "A value is not one of those allowed here.",
    Code.FORM: "A text does not have the form that is needed here.",
    Code.LENGTH: "A text or a list is empty or too long, or a list names something twice.",
    Code.CONTRADICTION: "Two keys contradict each other, or one lacks the other that it needs.",
    Code.NO_NOTE: "A tag is declared absent without a note that gives the reason.",
    Code.VERSION: "A file's version is not one that this tool reads.",
    Code.NAME: "A name breaks the rules: NFC, no control characters, no space at either end.",
    Code.ACCOUNT_TWICE: "An account is declared twice.",
    Code.ID_TWICE: "Two accounts have the same id.",
    Code.SCOPE_TWICE: "A scope is declared twice.",
    Code.NO_ACCOUNTS: "No file declares an account.",
    Code.UNKNOWN_ACCOUNT: "An account is named that no file declares.",
    Code.UNKNOWN_SCOPE: "A scope is named that no file declares.",
    Code.NO_ACCOUNT_LEFT: "A tag's accounts and its scope's accounts have none in common.",
    Code.GATEWAYS: "Two files name different gateways.",
    Code.DECLARED_TWICE: "Two declarations are for the same place and name.",
    Code.FORMER_OWN: "A tag's own name stands among its former names.",
    Code.FORMER_TWICE: "Two declarations of a place list one former name.",
    Code.FORMER_DECLARED: "A former name is itself declared in the same place.",
    Code.FORMER_ABSENT: "A tag is declared absent and has former names.",
    Code.IGNORED: "A declared or former name matches the account's own `ignore`.",
    Code.UNKNOWN_CODE: "`warnings.ignore` names a code that does not exist.",
    Code.NOT_MUTABLE: "`warnings.ignore` names an error, or a warning that must be seen.",
    Code.MUTED_TWICE: "Two files mute the same code.",
    Code.DATE: "A date is none, such as the 31st of February.",
    Code.NOTHING_SELECTED: "A company, id or pattern matches no active company.",
    Code.NOTHING_LEFT: "`except` takes away every company that `companies` selects.",
    Code.COLOR: "A colour is outside the known palette; the server decides.",
    Code.LOOK_ALIKE: "Two names differ only in case, spacing or look-alike characters.",
    Code.BOTH_LEVELS: "A name is declared on account level and on company level.",
    Code.COMPANY_TWICE: "Two companies have the exact name that is selected.",
    Code.CONNECTION: "An account names a Maton connection, but the gateway is callrail.",
    Code.UNUSED_SCOPE: "A scope is used by no tag.",
    Code.CUT: "A ` #` in a text without quotes begins a comment and cuts the text.",
    Code.QUOTES: "A name stands in curly quotes, which are part of it.",
    Code.BLANKS: "A name holds a run of blanks, or a blank that is not a plain space.",
    Code.COMPANY_DISABLED: "A company that is named is disabled; it is skipped.",
    Code.EXCEPTION_ENDS: "An exception ends within 14 days.",
    Code.EXCEPTION_OVER: "An exception's date has passed; it goes on until it is deleted.",
    Code.ACCOUNT_NUMBER: "An account's id is the number of the address bar, not ACC….",
}

WARNINGS = frozenset(code for code in Code if code.startswith("CFG4"))
"""What may be muted; all the rest are errors, or say that more is not shown."""
