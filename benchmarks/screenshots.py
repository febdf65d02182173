"""Take the pictures of docs/images anew: ``make screenshots`` (needs Chromium on the PATH).

A sandbox is seeded as for the demo, the examples are planned against it by the command itself, and
what it gives is photographed: a terminal by rich, pages by Chromium, which is given no network.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from rich.console import Console
from rich.text import Text

from reconciler.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
EXAMPLES = ("agency.yaml", "retiring.yaml")
COMPANIES = ("Dental Downtown", "Dental S*", "Law W*", "Law E*")
AUDIT = ("--account", "Beacon Home Services", "--report", "html=audit.html")
MATRIX_ONLY = """\
section>h3,section>details,section>ul:not(.tiles),section>.scroll:not(.tall){display:none}
.tall{margin-top:24px}</style>"""
COLUMNS = 100
LIGHT, DARK = 1, 0

# About how GitHub shows a comment, as far as a picture needs it.
COMMENT = """\
:root{color-scheme:light dark;--line:#d1d9e0;--panel:#f6f8fa;--red:#d1242f;--amber:#9a6700;
--add:#dafbe1;--cut:#ffebe9}
body{font:14px/1.5 system-ui,sans-serif;max-width:800px;margin:16px auto;padding:0 16px;
background:#fff;color:#1f2328}
table{border-collapse:collapse}td,th{border:1px solid var(--line);padding:6px 13px}
code{background:#818b981f;padding:.2em .4em;border-radius:6px;font-size:85%}
pre{background:var(--panel);padding:12px 16px;border-radius:6px;overflow:auto}
pre code{background:none;padding:0}h3{border-bottom:1px solid var(--line);padding-bottom:4px}
blockquote{border-left:4px solid var(--red);padding:0 1em;margin:0 0 16px}
.caution b:first-child{color:var(--red)}
.warning{border-color:var(--amber)}.warning b:first-child{color:var(--amber)}
.add{background:var(--add)}.cut{background:var(--cut)}
@media(prefers-color-scheme:dark){:root{--line:#3d444d;--panel:#151b23;--add:#12261e;--cut:#301b1e;
--red:#f85149;--amber:#d29922}
body{background:#0d1117;color:#f0f6fc}}
"""


def main() -> None:
    """Replace every picture."""
    browser = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    )
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Sandbox(Options(seed="agency")) as sandbox:
        where = Path(scratch)
        for name in EXAMPLES:
            shutil.copy(ROOT / "examples" / name, where)
        environ = {
            "RECONCILER_API_URL": sandbox.url,
            "CALLRAIL_API_KEY": sandbox.options.direct_keys[0],
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PATH": os.environ["PATH"],
        }
        shown = at_terminal(command(), where, environ)
        (IMAGES / "terminal.svg").write_text(picture(shown, "reconciler plan"), "utf-8")
        (where / "comment.html").write_text(comment((where / "plan.md").read_text("utf-8")))
        with tempfile.TemporaryDirectory() as bare:
            at_terminal([*reconciler("audit"), *AUDIT], Path(bare), environ)
            audited = (Path(bare) / "audit.html").read_text("utf-8")
        (where / "audit.html").write_text(audited.replace("</style>", MATRIX_ONLY, 1), "utf-8")
        for page, name, size, scheme in (
            ("comment.html", "comment-light.png", "832,640", LIGHT),
            ("comment.html", "comment-dark.png", "832,640", DARK),
            ("plan.html", "page-light.png", "1100,900", LIGHT),
            ("plan.html", "page-dark.png", "1100,900", DARK),
            ("audit.html", "audit-light.png", "1000,1040", LIGHT),
            ("audit.html", "audit-dark.png", "1000,1040", DARK),
        ):
            photograph(browser, where / page, IMAGES / name, size=size, scheme=scheme)


def reconciler(command: str) -> list[str]:
    """The command beside this interpreter, without its progress."""
    return [str(Path(sys.executable).with_name("reconciler")), command, "--quiet"]


def command() -> list[str]:
    """The plan that the pictures show: a part of the demo's agency, small enough to read."""
    line = [*reconciler("plan"), "--impact"]
    line += [part for name in EXAMPLES for part in ("--config", name)]
    line += [part for glob in COMPANIES for part in ("--company", glob)]
    return [*line, "--report", "markdown=plan.md", "--report", "html=plan.html"]


def at_terminal(line: list[str], where: Path, environ: dict[str, str]) -> str:
    """What ``line`` shows on a terminal of COLUMNS columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    process = subprocess.Popen(line, cwd=where, env=environ, stdout=slave)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # how a terminal says that nobody writes to it any more
        pass
    if process.wait() != 0:
        raise SystemExit(f"the plan ended with exit code {process.returncode}")
    return shown.decode().replace("\r\n", "\n")


def picture(text: str, title: str) -> str:
    """A terminal's ``text`` as SVG that asks for nothing, not even a font."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    drawn = console.export_svg(title=title, unique_id="terminal")
    drawn = re.sub(r"\s*(@font-face \{.*?\}|<!--.*?-->)", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code", "monospace")


def comment(markdown: str) -> str:
    """A page that shows ``markdown`` as a comment, with its first account unfolded."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    body = body.replace("<details>", "<details open>", 2)
    for kind in ("caution", "warning"):
        alert = f'<blockquote class="{kind}">\\1<b>{kind.capitalize()}</b><br>'
        body = re.sub(rf"<blockquote>(\s*<p>)\[!{kind.upper()}\]", alert, body)
    body = re.sub(r"(?m)^(?:<pre><code[^>]*>)?(\+ .*)$", _marked("add"), body)
    body = re.sub(r"(?m)^(?:<pre><code[^>]*>)?(- .*)$", _marked("cut"), body)
    return f"<!doctype html><meta charset=utf-8><style>{COMMENT}</style>{body}"


def _marked(kind: str) -> Callable[[re.Match[str]], str]:
    return lambda found: found[0].replace(found[1], f'<span class="{kind}">{found[1]}</span>')


def photograph(browser: str, page: Path, image: Path, *, size: str, scheme: int) -> None:
    """A picture of ``page`` in a window of ``size``, taken by a browser that knows nobody."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}",
                f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}",
                f"--screenshot={image}", page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )  # fmt: skip


if __name__ == "__main__":
    main()
