"""What one recoloured tag passes before its PUT; ``python -m tests.test_trace`` prints it.

``apply`` of the golden case runs in this process, its modules imported by an earlier run. A call is
the frame of a named function in ``reconciler/`` (without the sandbox): a coroutine counts once
however often it is resumed, comprehensions and lambdas belong to the function around them. The
count ends where httpx is given the PUT.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

import reconciler
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, run
from tests.golden.test_golden import HERE, fill

if TYPE_CHECKING:
    from types import FrameType

MOST_CALLS, MOST_FILES = 932, 95
PACKAGE = Path(reconciler.__file__).parent
CASE = HERE / "05-recolour"


class Trace:
    """A profiling function that keeps our frames until a PUT is sent."""

    def __init__(self) -> None:
        self.frames: dict[FrameType, None] = {}
        self.is_over = False

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or self.is_over:
            return
        if frame.f_code is httpx.AsyncClient.send.__code__:
            self.is_over = frame.f_locals["request"].method == "PUT"
        path = Path(frame.f_code.co_filename)
        ours = path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "sandbox")
        if ours and not frame.f_code.co_name.startswith("<"):
            self.frames[frame] = None

    def entered(self) -> Counter[tuple[str, str]]:
        """How often each function was entered: by file and name."""
        return Counter(
            (Path(code.co_filename).relative_to(PACKAGE).as_posix(), code.co_name)
            for code in (frame.f_code for frame in self.frames)
        )


def recolour() -> Trace:
    trace = Trace()
    with Sandbox(Options(seed="empty")) as sandbox:
        fill(sandbox, json.loads((CASE / "live.json").read_text("utf-8")))
        before = sys.getprofile()
        sys.setprofile(trace)
        try:
            line = ("apply", "--auto-approve", "--config", "config.yaml")
            ran = run(*line, environ=direct(sandbox), cwd=CASE)
        finally:
            sys.setprofile(before)
    assert ran.code == 0, ran.err
    assert trace.is_over
    return trace


def test_one_recolour_passes_a_bounded_number_of_calls_and_files() -> None:
    recolour()
    entered = recolour().entered()
    assert entered.total() <= MOST_CALLS
    assert len({file for file, _ in entered}) <= MOST_FILES


if __name__ == "__main__":
    recolour()
    passed = recolour().entered()
    files = sorted({file for file, _ in passed})
    for file in files:
        there = {name: times for (where, name), times in passed.items() if where == file}
        sys.stdout.write(f"{sum(there.values()):5} {file:32} {', '.join(sorted(there))}\n")
    sys.stdout.write(f"{passed.total():5} calls in {len(files)} files\n")
