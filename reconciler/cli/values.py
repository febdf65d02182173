"""What values of flags can be: choices, durations, numbers, files; each says what it takes."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

S = TypeVar("S", bound=str)
T = TypeVar("T")


class Format(enum.StrEnum):
    """How a result is written; which command has which stands with its flags."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    GITLAB = "gitlab"
    YAML = "yaml"
    CSV = "csv"


class Color(enum.StrEnum):
    """When text is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class LogFormat(enum.StrEnum):
    """What a line of stderr is."""

    TEXT = "text"
    JSON = "json"


class Only(enum.StrEnum):
    """A part of the changes, by what they come from."""

    THIS_CHANGE = "this-change"


class ReportFile(NamedTuple):
    """A file that gets the result as well."""

    form: Format
    path: str


class one_of(click.Choice[S], Generic[S]):  # noqa: N801 - reads as a function where it is used
    """One of a few words, or of an enum's values."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's signature
        """The word on the command line."""
        return str(choice)

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - same
        """What can be given, and what was probably meant."""
        from reconciler.text.nearest import did_you_mean

        known = f"{value!r} is not one of {', '.join(self.choices)}"
        guess = did_you_mean(str(value), self.choices)
        return f"{known}. {guess}" if guess else known


class Parsed(click.ParamType[T], Generic[T]):
    """What ``parse`` makes of the text; its ValueError says what is wrong with it."""

    def __init__(
        self, name: str, parse: Callable[[str], T], *, complete: Iterable[str] = ()
    ) -> None:
        self.name = name
        self._parse = parse
        self._complete = tuple(complete)

    def convert(
        self, value: str | T, param: click.Parameter | None, ctx: click.Context | None
    ) -> T:
        """The value; a default is one already."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - same
        incomplete: str,
    ) -> list[CompletionItem]:
        """Beginnings of values, where there are a few."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(one) for one in self._complete if one.startswith(incomplete)]


FILE = click.Path(readable=False)
"""A path, checked when it is used; the shell completes names of files."""


def duration(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``15m``, ``1h`` or ``1h30m``."""
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip())
    if not text.strip() or match is None:
        raise ValueError(f"{text!r} is not a duration; write 90s, 15m or 1h")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def between(low: int, high: int) -> Parsed[int]:
    """A whole number from ``low`` to ``high``."""

    def number(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a number from {low:,} to {high:,}")
        return int(text)

    return Parsed("number", number)


def webhook(text: str) -> str:
    """The address of a webhook; the message that it is none does not repeat it."""
    from reconciler.callrail.endpoints import webhook_address

    return webhook_address(text)


def report_file(formats: Iterable[Format]) -> Parsed[ReportFile]:
    """``FORMAT=PATH`` with a format of ``formats``."""
    known = tuple(formats)

    def report(text: str) -> ReportFile:
        form, equals, path = text.partition("=")
        if not equals or not path or form not in known:
            names = ", ".join(known)
            raise ValueError(f"{text!r} is not FORMAT=PATH with a format of {names}")
        return ReportFile(Format(form), path)

    return Parsed("report", report, complete=[f"{one}=" for one in known])
