"""What a template prints is foreign until something says otherwise."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import reconciler
from reconciler.render import failure, templating

PACKAGE = Path(reconciler.__file__).parent


def test_pages_escape_by_default() -> None:
    page = templating.page("failure.html.j2", title="<b>\x1b", lines=["a & b", "\u202e"])
    assert "<h1>&lt;b&gt;\\x1b</h1>" in page
    assert "<bdi>a &amp; b</bdi>\n<bdi>\\u202e</bdi>" in page


def test_comments_escape_by_default() -> None:
    shown = templating.markdown("failure.md.j2", kind="plan", title="@all [x](y)", lines=["```"])
    assert "### &#64;<!-- -->all &#91;x&#93;(y)" in shown
    assert "````\n```\n````" in shown


def test_a_failure_is_shown_line_by_line() -> None:
    page = failure.render("html", "plan", message="no key", hint="Set one.")
    assert "<bdi>error: no key</bdi>\n<bdi>  help: Set one.</bdi>" in page


def test_templates_are_read_from_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "reconciler.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in PACKAGE.rglob("*"):
            if file.suffix in {".py", ".j2"}:
                archive.write(file, file.relative_to(PACKAGE.parent))
    script = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "from reconciler.render import failure\n"
        "print(failure.__file__, failure.render('html', 'plan', message='no'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert str(wheel) in done.stdout
    assert "error: no" in done.stdout
