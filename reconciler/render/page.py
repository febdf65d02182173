"""The shell of a page that needs nothing else: no script, no request, light and dark, printable."""

from __future__ import annotations

from typing import Final

from reconciler.model.palette import PALETTE
from reconciler.render.escape import html


def page(title: str, body: str) -> str:
    """A whole HTML document; ``title`` is escaped here, ``body`` is HTML already."""
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{html(title)}</title>\n"
        f"<style>\n{_STYLE}{_CHIPS}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def bdi(text: str) -> str:
    """A foreign string: escaped, and its direction kept from its surroundings."""
    return f"<bdi>{html(text)}</bdi>"


def chip(color: str | None) -> str:
    """A spot in a tag's colour, or nothing for one that is not known."""
    return f'<i class="chip c-{color}"></i>' if color in PALETTE else ""


def pill(text: str, color: str | None) -> str:
    """A tag's name as CallRail's screen shows it, text on background; escaped here."""
    return f'<span class="pill c-{color}">{bdi(text)}</span>' if color in PALETTE else bdi(text)


def table(head: list[str], rows: list[list[str]], *, kind: str = "") -> str:
    """A table of cells that are HTML already."""
    titles = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{titles}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)

_CHIPS: Final = "".join(
    f".c-{name}{{background:{shade.background};color:{shade.text}}}\n"
    for name, shade in PALETTE.items()
)

_STYLE: Final = """\
:root{color-scheme:light dark;--bg:#fff;--panel:#f6f8fa;--text:#1f2328;--dim:#59636e;--line:#d1d9e0;
--create:#116329;--update:#7d4e00;--delete:#b3202c;--alarm:#fff0ee}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--panel:#161b22;--text:#e6edf3;--dim:#9198a1;
--line:#3d444d;--create:#56d364;--update:#e3b341;--delete:#ff7b72;--alarm:#2d1416}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1200px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:24px;margin:0 0 12px}
h2{font-size:18px;margin:32px 0 10px;border-bottom:1px solid var(--line);padding-bottom:4px}
h3{font-size:15px;margin:20px 0 6px}
ul.tiles{display:flex;flex-wrap:wrap;gap:10px;list-style:none;padding:0;margin:0}
.tiles li{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:8px 14px;
min-width:104px}
.tiles b{display:block;font-size:22px;line-height:1.3;font-variant-numeric:tabular-nums}
.create{color:var(--create)}.update{color:var(--update)}.delete{color:var(--delete)}
.sign{white-space:nowrap}.sign.delete{font-weight:700}
.alarm{background:var(--alarm);border:1px solid var(--delete);border-radius:8px;margin-top:20px;
padding:2px 16px 14px}
.alarm h2{border:0;margin:12px 0 6px;color:var(--delete)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px}
td,th{padding:5px 12px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);
overflow-wrap:anywhere}
td{min-width:7em}
th{color:var(--dim);font-weight:600;font-size:13px}
.number td:nth-child(3){font-variant-numeric:tabular-nums;white-space:nowrap;min-width:0}
.number :is(td,th):nth-child(3){text-align:right}
.warnings td:first-child{min-width:11em}
.chip{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:5px;
vertical-align:-1px;border:1px solid rgba(128,128,128,.4)}
.pill{border-radius:4px;padding:1px 7px}
.dim,footer{color:var(--dim)}
.blocked{color:var(--delete);font-size:13px}
.matrix th,.matrix td{min-width:0;border:1px solid var(--line);padding:4px 7px;text-align:center}
.matrix thead th{height:120px;vertical-align:bottom;padding:6px 4px}
.matrix thead th span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:200px;
overflow-wrap:anywhere}
.matrix tbody th{text-align:left;color:var(--text);position:sticky;left:0;background:var(--bg);
min-width:150px;overflow-wrap:anywhere}
.matrix td{white-space:nowrap;font-weight:700}.matrix .chip{margin:0 0 0 3px}
details>summary{cursor:pointer;padding:3px 0}
footer{margin-top:36px;font-size:13px;overflow-wrap:anywhere}
code{font:13px ui-monospace,monospace}
@media print{main{max-width:none;padding:0}body{font-size:11px}.scroll{overflow:visible}
h2,h3,tr{break-inside:avoid;break-after:auto}h2,h3{break-after:avoid}thead{display:table-header-group}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
