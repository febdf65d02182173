"""What an editor makes of a configuration: yaml-language-server itself, driven over its pipe.

Skipped where it is not installed (``npm install --global yaml-language-server``). Nothing is
fetched: the server asks its editor for the schema, and the test answers with the published one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Self

import pytest

from reconciler.config.template import SCHEMA_URL, TEMPLATE
from reconciler.model.palette import PALETTE
from reconciler.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVER = shutil.which("yaml-language-server")
URI = "file:///home/admin/reconciler.yaml"
SETTINGS = {
    "yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}},
    "http": {"proxy": "", "proxyStrictSSL": True},
}

pytestmark = pytest.mark.skipif(SERVER is None, reason="yaml-language-server is not installed")


class Editor:
    """One file open in an editor, whose server asks this for the schema."""

    def __init__(self, text: str) -> None:
        assert SERVER is not None
        self.asked: list[str] = []
        self._text, self._number = text, 0
        self._notes: list[dict[str, Any]] = []
        self._server = subprocess.Popen(
            [SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}},
        }
        self.request("initialize", processId=None, rootUri=None, capabilities=capabilities)
        self._send(method="initialized", params={})
        self._send(method="yaml/registerContentRequest", params={})
        self._send(method="workspace/didChangeConfiguration", params={"settings": SETTINGS})
        document = {"uri": URI, "languageId": "yaml", "version": 1, "text": self._text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.communicate()

    def hover(self, word: str) -> str:
        """What is shown where the mouse rests on the first ``word``."""
        shown = self.request("textDocument/hover", **self._at(word, 1))
        return str(shown["contents"]["value"]) if shown else ""

    def complete(self, word: str) -> dict[str, str]:
        """What is offered behind the first ``word``, with what explains it."""
        found = self.request("textDocument/completion", **self._at(word, len(word)))
        return {one["label"]: str(one.get("documentation", "")) for one in found["items"]}

    def problems(self) -> list[str]:
        """What is underlined."""
        while True:
            for note in self._notes:
                if note["method"] == "textDocument/publishDiagnostics":
                    return [one["message"] for one in note["params"]["diagnostics"]]
            self._handle(self._read())

    def request(self, method: str, **params: object) -> Any:
        """The server's answer; what it asks meanwhile is answered too."""
        self._number += 1
        self._send(id=self._number, method=method, params=params)
        while True:
            message = self._read()
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        if "id" not in message:
            self._notes.append(message)
            return
        result: object = None
        if message["method"] == "workspace/configuration":
            items = message["params"]["items"]
            result = [SETTINGS.get(item["section"], {}) for item in items]
        elif message["method"] == "vscode/content":
            self.asked += message["params"]
            result = json.dumps(load_schema("config"))
        self._send(id=message["id"], result=result)

    def _at(self, word: str, offset: int) -> Mapping[str, object]:
        before = self._text[: self._text.index(word) + offset]
        at = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return {"textDocument": {"uri": URI}, "position": at}

    def _send(self, **message: object) -> None:
        assert self._server.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        length = 0
        while line := self._server.stdout.readline().strip():
            name, _, value = line.partition(b": ")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self._server.stdout.read(length))
        return message


@pytest.fixture(scope="module")
def first() -> Iterator[Editor]:
    """The file that init writes."""
    with Editor(TEMPLATE) as editor:
        yield editor


def test_the_line_that_init_writes_leads_to_the_schema_and_nothing_is_wrong(first: Editor) -> None:
    assert first.problems() == []
    assert set(first.asked) == {SCHEMA_URL}


def test_every_key_is_explained(first: Editor) -> None:
    assert "The version of this language" in first.hover("version: 1")
    assert "What happens to live tags that nobody declared" in first.hover("unmanaged")
    assert "`green4`: text #ffffff on #00a863" in first.hover("color: green1")


def test_keys_and_colours_are_offered_with_what_they_mean() -> None:
    with Editor(TEMPLATE.replace("color: green1", "color: ")) as editor:
        offered = editor.complete("color: ")
    assert set(PALETTE) <= offered.keys()
    assert "text #7d4900 on #ffdfb2" in offered["orange3"]


@pytest.mark.parametrize(
    ("right", "wrong", "reported"),
    [
        ("version: 1", "version: 2", "this tool reads version 1 of the language"),
        ("name: Appointment booked", "name: ' x'", "a name may not begin or end with a space"),
        ("color: green1", "state: absent", "a tag declared absent needs a note"),
        ("color: green1", "companies: Dental", "`companies` is `all` or a list"),
    ],
)
def test_a_mistake_is_underlined_in_our_words(right: str, wrong: str, reported: str) -> None:
    with Editor(TEMPLATE.replace(right, wrong, 1)) as editor:
        (problem,) = editor.problems()
    assert problem.startswith(reported)
