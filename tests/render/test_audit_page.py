"""The page in a real browser: what its script leaves to be seen.

Only what is shown is held, never how long it takes. Skipped where no Chromium is installed. One
start of the browser serves all: a second script, allowed beside the page's own, drives it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model.audit import Audit
from reconciler.planning.audit import audit
from reconciler.render import audit_page
from tests.builders import company, live_tag
from tests.expectations import live

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH")
ALL = ["Dental A", "Dental B", "Dental C", "Law A", "Law B", "Law C"]
NAMES = ["Opportunity", "Spam", "Quote sent", "VIP"]
ASKED = {
    "": (ALL, NAMES, "6 rows, 4 names"),
    "company=LAW": (ALL[3:], NAMES, "3 rows, 4 names"),
    "tag=sp": (ALL, ["Spam"], "6 rows, 1 name"),
    "company=dental+a&tag=o": (ALL[:1], ["Opportunity", "Quote sent"], "1 row, 2 names"),
    "deviating=1": (["Dental B", "Law A"], ["Opportunity", "Spam"], "2 rows, 2 names"),
    "company=nobody": ([], NAMES, "0 rows, 4 names"),
}
"""What the address asks for: the companies, the names and the sentence that are then seen."""
DRIVER = """
const seen = (one) => getComputedStyle(one).display !== "none";
const matrix = () => [...document.querySelectorAll("table.audit tr")].filter(seen)
  .map((row) => [...row.cells].filter(seen).map((cell) => cell.textContent.trim()));
const state = () => ({ rows: matrix(), message: document.querySelector("output").value,
  facts: [...document.querySelectorAll("table.names tr")].filter(seen).length });
const found = { asked: {} };
for (const asked of ASKED) {
  location.hash = asked;
  dispatchEvent(new HashChangeEvent("hashchange"));
  found.asked[asked] = state();
}
location.hash = "";
dispatchEvent(new HashChangeEvent("hashchange"));
const [company, tag] = document.querySelectorAll("nav input");
tag.value = "vip";
tag.dispatchEvent(new Event("input"));
found.typed = state();
found.address = location.hash;
tag.value = "";
tag.dispatchEvent(new Event("input"));
const heads = document.querySelectorAll("table.audit thead th");
heads[0].click();
found.sorted = state();
found.aria = [...heads].map((one) => one.getAttribute("aria-sort"));
const out = document.createElement("pre");
out.id = "found";
out.textContent = JSON.stringify(found);
document.body.append(out);
"""


def page() -> str:
    """Six companies: Opportunity is red in Law A, Spam is missing in Dental B."""
    ids = count(1)
    companies = [company(name) for name in reversed(ALL)]
    tags = [
        live_tag(next(ids), name, company_id=one.id, color="red1" if red else "blue1")
        for name in NAMES
        for one in companies
        if (name, one.name) != ("Spam", "Dental B")
        for red in [(name, one.name) == ("Opportunity", "Law A")]
    ]
    return audit_page.page(Audit(accounts=(audit(live(*tags, companies=companies)),)))


def shown_by_browser(text: str, scratch: Path) -> str:
    """The document that a browser makes of ``text``."""
    assert BROWSER is not None
    path = scratch / "audit.html"
    path.write_text(text, "utf-8")
    ran = subprocess.run(
        [
            BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={scratch / 'profile'}",
            "--dump-dom", path.as_uri(),
        ],
        check=True, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return ran.stdout


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the driver saw."""
    driver = f"const ASKED = {json.dumps(list(ASKED))};{DRIVER}"
    digest = base64.b64encode(hashlib.sha256(driver.encode()).digest()).decode()
    text = page().replace("; script-src ", f"; script-src 'sha256-{digest}' ")
    text = text.replace("</body>", f"<script>{driver}</script></body>")
    document = shown_by_browser(text, tmp_path_factory.mktemp("page"))
    (reported,) = re.findall(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
    return json.loads(html.unescape(reported))


@pytest.mark.parametrize("asked", ASKED)
def test_it_shows_what_the_address_asks_for(found: Any, asked: str) -> None:
    companies, names, message = ASKED[asked]
    state = found["asked"][asked]
    assert [row[0] for row in state["rows"]] == ["", *companies]
    assert state["rows"][0] == ["", *names]
    assert all(len(row) == len(names) + 1 for row in state["rows"])
    assert state["message"] == message


def test_it_shows_what_is_typed_and_keeps_it_in_the_address(found: Any) -> None:
    assert found["typed"]["rows"][0] == ["", "VIP"]
    assert found["typed"]["facts"] == 0
    assert found["address"] == "#tag=vip"


def test_it_sorts_by_a_name_what_deviates_first(found: Any) -> None:
    rows = found["sorted"]["rows"]
    assert rows[1][:2] == ["Law A", "◐"]
    assert {row[1] for row in rows[2:]} == {"✓"}
    assert found["aria"] == ["ascending", None, None, None]


def test_another_script_is_not_run_and_the_page_is_whole_without(tmp_path: Path) -> None:
    other = page().replace("<script>", "<script>document.title = 'owned';")
    document = shown_by_browser(other, tmp_path)
    assert "<title>Audit: 2 are not the same everywhere</title>" in document
    assert "<nav>" not in document
    assert all(name in document for name in (*ALL, *NAMES))
