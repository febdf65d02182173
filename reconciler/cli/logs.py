"""The run's log, on stderr like all messages: the level is what ``-v`` and ``-vv`` ask for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.cli.console import Console

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def start_logging(console: Console) -> None:
    """Send this package's log to ``console``; what an earlier run of the process set is undone."""
    logger = logging.getLogger("reconciler")
    logger.handlers[:] = [_LogHandler(console)]
    logger.setLevel(_LEVELS[min(console.verbosity, len(_LEVELS) - 1)])


class _LogHandler(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Log one entry."""
        self._console.record(record.levelname.lower(), record.getMessage())
        if record.exc_info and record.exc_info[1]:
            self._console.traceback(record.exc_info[1])
