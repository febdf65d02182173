"""The streams: stdout carries the result, stderr the talk (rich draws the progress).

Everything written goes through the redactor, so that no key can reach a stream whatever printed it.
Every command pays for this module, `--version` too: it imports what it needs where it needs it.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from reconciler.errors import ConfigError, OutputError, ReconcilerError, RefusedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from reconciler.callrail.credentials import Credential
    from reconciler.callrail.redact import Redactor
    from reconciler.cli.progress import Progress
    from reconciler.model.outcome import Failure
    from reconciler.model.problem import Problem
    from reconciler.render.style import Colors, Style

TRACEBACK_LEVEL = 2
WIDEST = 120


class Console:
    """What the user sees of a run, and how.

    ``files`` are those of the configuration that was loaded: lines of no others are shown.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.verbosity = 0
        self.quiet = False
        self.has_result = False
        self.files: Collection[str] = ()
        self._color = "auto"
        self._log_format = "text"
        self._redactor: Redactor | None = None
        self._masked: set[str] = set()

    @property
    def redactor(self) -> Redactor:
        """What hides keys in everything written; it knows those of the environment at once."""
        if self._redactor is None:
            from reconciler.callrail.redact import Redactor

            self._redactor = Redactor()
            for name in ("CALLRAIL_API_KEY", "MATON_API_KEY"):
                self._redactor.add(self.environ.get(name, ""))
        return self._redactor

    def hide(self, credential: Credential) -> None:
        """From now on show its key nowhere; a GitHub runner is told of one that it can't know.

        The runner hides what it was given as a secret itself, which a key from a file is not. It
        takes the command out of its log; a file that stderr was sent to would keep it.
        """
        if not credential.is_standard and self.in_github and credential.key not in self._masked:
            self._masked.add(credential.key)
            with suppress(OSError):
                if not _is_file(sys.stderr):
                    sys.stderr.write(f"::add-mask::{credential.key.replace('%', '%25')}\n")
                    sys.stderr.flush()
        self.redactor.add(credential.key)

    def configure(self, args: argparse.Namespace) -> None:
        """Take over the flags of the ``output`` group."""
        self.verbosity = args.verbose
        self.quiet = args.quiet
        self._color = args.color
        self._log_format = args.log_format
        from reconciler.cli.logs import start_logging

        start_logging(self)

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def in_github(self) -> bool:
        """Whether a GitHub Actions runner reads the output."""
        return self.environ.get("GITHUB_ACTIONS") == "true"

    def width(self, stream: TextIO | None = None) -> int:
        """Columns of ``stream`` (stdout) for text; 0: lines may be as long as they like."""
        if not (stream or sys.stdout).isatty():
            return 0
        import shutil

        return min(shutil.get_terminal_size((80, 24)).columns, WIDEST)

    def style(self, stream: TextIO | None = None) -> Style:
        """The colours that ``stream`` (stdout) can and may show."""
        from reconciler.render.style import Style

        return Style(self._colors(stream or sys.stdout))

    def _colors(self, stream: TextIO) -> Colors:
        from reconciler.render.style import Colors

        environ = self.environ
        if self._color == "never" or (self._color == "auto" and not self._auto_color(stream)):
            return Colors.NONE
        if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
            return Colors.TRUE
        if "256" in environ.get("TERM", "") or self.in_github:
            return Colors.INDEXED
        return Colors.BASIC

    def _auto_color(self, stream: TextIO) -> bool:
        if self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()

    def result(self, text: str | Iterable[str]) -> None:
        """Write the run's result, or its parts, to stdout, now; it ends in a newline.

        Raises OutputError where it can't be written, and BrokenPipeError where nobody reads it.
        """
        self.has_result = True
        parts = [text] if isinstance(text, str) else text
        last = "\n"
        try:
            for part in parts:
                last = part or last
                sys.stdout.write(self.redactor.redact(part))
            if not last.endswith("\n"):
                sys.stdout.write("\n")
            sys.stdout.flush()
        except OSError as error:
            abandon(sys.stdout)
            if isinstance(error, BrokenPipeError):
                raise
            raise OutputError(f"stdout can't be written: {error.strerror}") from None

    def say(self, text: str) -> None:
        """Write talk to stderr, unless it is to be quiet."""
        if not self.quiet:
            self._talk(self._entry("info", text))

    def talk(self, text: str) -> None:
        """Write rendered text (already safe, several lines) to stderr, unless quiet."""
        if not self.quiet and text:
            self._talk(text if text.endswith("\n") else text + "\n")

    def ask(self, question: str) -> str:
        """The answer to ``question``, typed at the terminal; empty at its end."""
        self._talk(question)
        try:
            return input().strip()
        except EOFError:
            return ""

    def warnings(self, problems: Sequence[Problem]) -> None:
        """Show warnings on stderr, unless it is to be quiet."""
        if not self.quiet:
            self.problems(problems)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show problems with the lines that they are about."""
        if problems:
            self._problems([_with_lines(problem, self.files) for problem in problems])

    def complaint(self, message: str, hint: str | None, *, code: str) -> None:
        """Show what went wrong without ending the run."""
        self._error_lines(message, hint, code=code)

    def error(self, error: BaseException) -> None:
        """Show what ended the run; the traceback only at -vv."""
        self.traceback(error)
        if isinstance(error, ConfigError):
            self._problems(error.problems)
        elif isinstance(error, RefusedError):
            self._refusal(error)
        elif isinstance(error, ReconcilerError):
            self._error_lines(error.message, error.hint, code=error.code)
        else:
            self._error_lines(
                f"internal error: {type(error).__name__}: {error}",
                "This is a bug in reconciler; -vv shows where. Nothing is known to be changed.",
                code="internal",
            )

    def failure(self, failure: Failure) -> None:
        """Show why nothing of a plan was tried."""
        self._refusal(failure)

    def _refusal(self, refusal: Failure | RefusedError) -> None:
        if len(refusal.reasons) > 1 and not self._logs_json:
            self._error_lines(
                f"{refusal.headline}:", refusal.hint, code=refusal.code, details=refusal.reasons
            )
        else:
            self._error_lines(refusal.message, refusal.hint, code=refusal.code)

    def traceback(self, error: BaseException) -> None:
        """Where ``error`` came from, for whoever asked with -vv; it may quote foreign text."""
        if self.verbosity >= TRACEBACK_LEVEL:
            import traceback

            from reconciler.render.escape import terminal

            lines = "".join(traceback.format_exception(error)).splitlines()
            self._talk("".join(f"{terminal(line)}\n" for line in lines))

    @property
    def _logs_json(self) -> bool:
        return self._log_format == "json"

    def _error_lines(
        self, message: str, hint: str | None, *, code: str, details: Sequence[str] = ()
    ) -> None:
        from reconciler.render.escape import terminal

        if self._logs_json:
            self._talk(self._entry("error", message, code=code, hint=hint))
            return
        from reconciler.render.layout import wrap

        style, width = self.style(sys.stderr), self.width(sys.stderr)
        lines = wrap(f"{style.delete('error')}: {terminal(message)}", width)
        for detail in details:
            first, *more = wrap(f"- {terminal(detail)}", max(0, width - 4))
            lines += [f"  {first}", *(f"    {line}" for line in more)]
        if hint:
            help_lines = wrap(f"{style.note('help')}: {terminal(hint)}", max(0, width - 2))
            lines += [f"  {line}" for line in help_lines]
        self._talk("".join(f"{line}\n" for line in lines))

    def _problems(self, problems: Sequence[Problem]) -> None:
        from reconciler.render import problems as render

        width = self.width(sys.stderr)
        text = render.problems(problems, style=self.style(sys.stderr), wrap_at=width)
        self._talk(text if text.endswith("\n") else text + "\n")

    def progress(self) -> Progress:
        """Where long work is shown: a live line on a terminal, plain lines elsewhere."""
        from reconciler.cli.progress import live_progress, plain_progress

        if self.quiet:
            return plain_progress(lambda _line: None)
        if sys.stderr.isatty() and self._log_format == "text" and not self.verbosity:
            return live_progress()
        return plain_progress(self.say)

    def annotate(self, text: str) -> None:
        """Write workflow commands to stdout's log where a CI runner reads it (on stderr)."""
        if text:
            self._talk(text if text.endswith("\n") else text + "\n")

    def _entry(self, level: str, text: str, **extra: str | None) -> str:
        if self._log_format == "json":
            import json

            return json.dumps({"level": level, "message": text, **extra}) + "\n"
        from reconciler.render.escape import terminal

        return terminal(text) + "\n"

    def _talk(self, text: str) -> None:
        """Write to stderr at once; talk that nobody can hear must not stop the work."""
        try:
            sys.stderr.write(self.redactor.redact(text))
            sys.stderr.flush()
        except OSError:
            abandon(sys.stderr)


def _is_file(stream: TextIO) -> bool:
    """Whether what is written to ``stream`` stays on a disk."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def abandon(stream: TextIO) -> None:
    """Keep the interpreter from failing again when it flushes what can't be written at its exit.

    It would end with its own exit code then (120).
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _with_lines(problem: Problem, files: Collection[str]) -> Problem:
    """``problem`` with the lines of the configuration, where planning knew only their places."""
    if all(mark.text for mark in problem.marks):
        return problem
    from dataclasses import replace

    from reconciler.config import mark_of

    marks = (mark if mark.text else mark_of(mark.source, files) for mark in problem.marks)
    return replace(problem, marks=tuple(marks))


@contextmanager
def live_bar(text: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on the terminal's stderr; yields what to call for each finished part."""
    from rich.console import Console as RichConsole
    from rich.progress import Progress as RichProgress

    screen = RichConsole(stderr=True)
    with RichProgress(console=screen, transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda: bar.advance(task)
