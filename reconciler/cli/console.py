"""The streams: stdout carries the result, stderr the messages and the log.

Everything written goes through the redactor, so that no key can reach a stream whatever printed it.
Every command pays for this module, `--version` too: it imports what it needs where it needs it.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.cli.values import Color, LogFormat
from reconciler.errors import ConfigError, OutputError, ReconcilerError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

    from reconciler.callrail.credentials import Credential
    from reconciler.callrail.redact import Redactor
    from reconciler.cli.progress import Progress
    from reconciler.cli.values import ReportFile
    from reconciler.model.audit import Audit
    from reconciler.model.news import Comparison
    from reconciler.model.outcome import Failure, Report
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Problem
    from reconciler.render.style import Colors, Style

TRACEBACK_LEVEL = 2
WIDEST = 120
_WIDEST_HELP = 100
_NARROW = 80


class Console:
    """What the user sees of a run, and how.

    ``files`` are those of the configuration that was loaded: lines of no others are shown.
    ``command`` runs, and owes ``reports``: they are written though it fails. ``outcome`` is what
    came of it, for the ``webhook``.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.verbosity = 0
        self.quiet = False
        self.has_result = False
        self.files: Collection[str] = ()
        self.command = ""
        self.reports: tuple[ReportFile, ...] = ()
        self.webhook: str | None = None
        self.outcome: Plan | Report | Comparison | Audit | BaseException | None = None
        self._color = Color.AUTO
        self._log_format = LogFormat.TEXT
        self._progress: Progress | None = None
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
        """From now on show its key nowhere; a GitHub runner learns of one that it can't know.

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

    def configure(
        self,
        *,
        color: Color = Color.AUTO,
        verbose: int = 0,
        quiet: bool = False,
        log_format: LogFormat = LogFormat.TEXT,
    ) -> None:
        """Take over the flags that every command has."""
        self.verbosity = verbose
        self.quiet = quiet
        self._color = color
        self._log_format = log_format
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
        return min(self._columns(), WIDEST) if (stream or sys.stdout).isatty() else 0

    def help_width(self) -> int:
        """Columns for a command's help, also where it goes to no terminal."""
        return min(self._columns(), _WIDEST_HELP) if sys.stdout.isatty() else _NARROW

    def _columns(self) -> int:
        """Columns of the terminal, or as many as the environment says."""
        given = self.environ.get("COLUMNS", "")
        if given.isdecimal() and int(given):
            return int(given)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                return os.get_terminal_size(stream.fileno()).columns or _NARROW
        return _NARROW

    def style(self, stream: TextIO | None = None) -> Style:
        """The colours that ``stream`` (stdout) can and may show."""
        from reconciler.render.style import Style

        return Style(self._colors(stream or sys.stdout))

    def _colors(self, stream: TextIO) -> Colors:
        from reconciler.render.style import Colors

        environ = self.environ
        in_log = stream is sys.stderr and self._logs_json
        if self._color is Color.NEVER or in_log:
            return Colors.NONE
        if self._color is Color.AUTO and not self._auto_color(stream):
            return Colors.NONE
        if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
            return Colors.TRUE
        if "256" in environ.get("TERM", "") or self.in_github:
            return Colors.INDEXED
        return Colors.BASIC

    def _auto_color(self, stream: TextIO) -> bool:
        """By no-color.org and force-color.org; where both are set, no colours are safer."""
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and self.environ.get("TERM") != "dumb"

    def result(self, text: str | Iterable[str]) -> None:
        """Write the run's result, or its parts, to stdout, now; it ends in a newline.

        Raises OutputError where it can't be written, and BrokenPipeError where nobody reads it.
        """
        self.has_result = True
        parts = [text] if isinstance(text, str) else text
        last = "\n"
        self._make_room()
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

    def log(self, text: str, *, level: str = "info") -> None:
        """Write a message to stderr, unless it is to be quiet."""
        if not self.quiet:
            self._write(self._entry(level, text))

    def record(self, level: str, text: str) -> None:
        """Write what the run logs: its level before it, or in a JSON entry's field."""
        self.log(text if self._logs_json else f"{level}: {text}", level=level)

    def show(self, text: str) -> None:
        """Write rendered text (already safe, several lines) to stderr, unless quiet."""
        if not self.quiet and text:
            self._write(self._rendered("info", text))

    def ask(self, question: str) -> str:
        """The answer to ``question``, typed at the terminal; empty at its end."""
        with self.progress().paused():
            self._write(self._rendered("prompt", question) if self._logs_json else question)
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
            self._write(self._rendered("debug", "\n".join(map(terminal, lines))))

    @property
    def _logs_json(self) -> bool:
        return self._log_format is LogFormat.JSON

    def _error_lines(
        self, message: str, hint: str | None, *, code: str, details: Sequence[str] = ()
    ) -> None:
        from reconciler.render.escape import terminal

        if self._logs_json:
            self._write(self._entry("error", message, code=code, hint=hint))
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
        self._write("".join(f"{line}\n" for line in lines))

    def _problems(self, problems: Sequence[Problem]) -> None:
        if self._logs_json:
            for problem in problems:
                place = str(problem.marks[0].source) if problem.marks else None
                more = {"code": problem.code, "hint": problem.hint, "source": place}
                self._write(self._entry(problem.severity.value, problem.message, **more))
            return
        from reconciler.render import problems as render

        width = self.width(sys.stderr)
        text = render.problems(problems, style=self.style(sys.stderr), wrap_at=width)
        self._write(self._rendered("error", text))

    def progress(self) -> Progress:
        """Where long work is shown: a line that renews itself on a terminal, else plain lines."""
        if self._progress is None:
            from reconciler.cli.progress import LiveProgress, PlainProgress

            if self.quiet:
                self._progress = PlainProgress(lambda _line: None)
            elif sys.stderr.isatty() and not self._logs_json and not self.verbosity:
                self._progress = LiveProgress(self._write_raw, self._columns)
            else:
                self._progress = PlainProgress(self.log)
        return self._progress

    def working(self, text: str, detail: Callable[[], str] = str) -> AbstractContextManager[None]:
        """While it lasts whoever waits sees ``text`` and what ``detail`` says."""
        return self.progress().working(text, detail)

    def annotate(self, text: str) -> None:
        """Write workflow commands to the log of a CI runner, which reads them from stderr.

        None where each line is to be an object: the messages themselves say the same.
        """
        if text and not self._logs_json:
            self._write(text if text.endswith("\n") else text + "\n")

    def _entry(self, level: str, text: str, **extra: str | None) -> str:
        if self._logs_json:
            import json
            from datetime import UTC, datetime

            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return json.dumps({"time": now, "level": level, "message": text, **extra}) + "\n"
        from reconciler.render.escape import terminal

        return terminal(text) + "\n"

    def _rendered(self, level: str, text: str) -> str:
        """``text`` that is laid out already, as lines; an entry where the log is JSON."""
        if self._logs_json:
            return self._entry(level, text.strip())
        return text if text.endswith("\n") else text + "\n"

    def _make_room(self) -> None:
        if self._progress is not None:
            self._progress.erase()

    def _write(self, text: str) -> None:
        """Write to stderr at once; a message that nobody can read must not stop the work."""
        self._make_room()
        self._write_raw(self.redactor.redact(text))

    def _write_raw(self, text: str) -> None:
        try:
            sys.stderr.write(text)
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

    from reconciler.config import mark_of

    marks = (mark if mark.text else mark_of(mark.source, files) for mark in problem.marks)
    return problem._replace(marks=tuple(marks))
