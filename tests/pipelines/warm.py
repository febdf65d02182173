"""A process that has loaded the command, and forks to run it.

A pipeline's test runs the command a dozen times, each in a process of its own, and loading it is
most of what each costs. What a planted module could stand in for is loaded already here, so tests
of that have the runner start the interpreter itself (``start_cold``).
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import reconciler
from reconciler.cli.entry import entry

CLIENT = Path(__file__).with_name("ask_warm.py")
READY = b"ready\n"
STDIN = 0


@cache
def program() -> str:
    """What a shell script runs in place of ``python -I -m reconciler``, arguments to follow."""
    folder = tempfile.TemporaryDirectory(prefix="warm-")
    path = f"{folder.name}/socket"
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    atexit.register(folder.cleanup)
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline() == READY
    return f'"{sys.executable}" -I -S "{CLIENT}" "{path}"'


def serve(path: str) -> None:
    """Fork for each who asks, until standard input ends; a fork returns to run the command."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        load()
        os.write(1, READY)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            readable, _, _ = select.select([STDIN, listening.fileno()], [], [])
            if STDIN in readable:
                sys.exit()
            peer, _ = listening.accept()
            with peer:
                if not os.fork():
                    answer(peer)
                    return


def load() -> None:
    """Import all of the command; forks share what is there."""
    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not module.name.startswith("reconciler.sandbox") and "__main__" not in module.name:
            importlib.import_module(module.name)
    gc.freeze()


def answer(peer: socket.socket) -> None:
    """Become the process that was asked for, in a fork of which the exit code is sent back."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(peer, 8, 3)
    with peer.makefile("rb") as asked:
        arguments, environ, folder = json.loads(asked.read(int.from_bytes(length, "big")))
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        peer.send(bytes([os.waitstatus_to_exitcode(status) % 256]))
        os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # What stood on these numbers were pipes, and a stream keeps what it found out about that.
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(one, mode) for one, mode in enumerate("rww"))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = arguments


def run() -> None:
    """Run the command and end at once: taking down all that is loaded takes longer than most."""
    try:
        entry()
    except SystemExit as ended:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(ended.code or 0))


if __name__ == "__main__":
    serve(sys.argv[1])
    run()
