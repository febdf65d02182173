"""The published schemas, and what they say about a document that is not right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import schema
from reconciler.config.template import SCHEMA_LINE, SCHEMA_URL, TEMPLATE
from reconciler.model.palette import PALETTE
from reconciler.schema import SCHEMAS, load_schema, problems

if TYPE_CHECKING:
    from collections.abc import Iterator

FINE = {"version": 1, "accounts": {"acme": {"id": "ACC1"}}, "tags": [{"name": "a"}]}


ROOT = Path(__file__).parents[1]


def messages_of(**parts: Any) -> list[tuple[tuple[str | int, ...], str, str | None]]:
    """Path, kind and key of what is wrong with a fine document that has these parts."""
    return [(one.path, one.kind, one.key) for one in problems("config", {**FINE, **parts})]


def tag(**values: Any) -> dict[str, Any]:
    return {"tags": [{"name": "a", **values}]}


def test_every_published_schema_is_valid_and_named() -> None:
    from jsonschema import Draft202012Validator

    for name in SCHEMAS:
        published = load_schema(name)
        Draft202012Validator.check_schema(published)
        assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        beside = "" if name == "config" else f"-{name}"
        assert published["$id"] == f"https://json.schemastore.org/callrail-reconciler{beside}.json"
        assert published["title"]


def test_an_unknown_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_schema("../config")


def test_a_fine_document_has_no_problems() -> None:
    assert problems("config", FINE) == []


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"version": 2}, [(("version",), "version", None)]),
        ({"version": True}, [(("version",), "type", None), (("version",), "version", None)]),
        ({"gateway": "matn"}, [(("gateway",), "value", None)]),
        ({"accounts": {}}, [(("accounts",), "length", None)]),
        ({"accounts": {"a b": {"id": "1"}}}, [(("accounts",), "form", "a b")]),
        ({"accounts": {"a": {}}}, [(("accounts", "a"), "missing", None)]),
        ({"accounts": {"a": {"id": "../x"}}}, [(("accounts", "a", "id"), "form", None)]),
        (
            {"accounts": {"a": {"id": "1", "limits": {"delete_percent": 101}}}},
            [(("accounts", "a", "limits", "delete_percent"), "value", None)],
        ),
        ({"scopes": {"s": {}}}, [(("scopes", "s"), "length", None)]),
        ({"scopes": {"s": {"except": ["x"]}}}, [(("scopes", "s"), "contradiction", "except")]),
        ({"tagz": []}, [((), "unknown", "tagz")]),
        (
            tag(name="a\n"),
            [(("tags", 0, "name"), "form", None), (("tags", 0, "name"), "name", None)],
        ),
        (tag(color=""), [(("tags", 0, "color"), "length", None)]),
        (tag(companies="Dental"), [(("tags", 0, "companies"), "companies", None)]),
        (tag(companies=[]), [(("tags", 0, "companies"), "length", None)]),
        (tag(companies=["a", "a"]), [(("tags", 0, "companies"), "length", None)]),
        (tag(**{"except": ["a"]}), [(("tags", 0), "contradiction", "except")]),
        (tag(level="company"), [(("tags", 0), "contradiction", "level")]),
        (tag(scope="s", level="company"), []),
        (tag(scope="s", companies="all"), [(("tags", 0, "companies"), "contradiction", None)]),
        (tag(state="absent"), [(("tags", 0), "note", "state")]),
        (tag(state="absent", note="x"), []),
        (tag(note="x" * 10_001), [(("tags", 0, "note"), "length", None)]),
        (tag(renamed_from=[]), [(("tags", 0, "renamed_from"), "length", None)]),
        (tag(renamed_from=5), [(("tags", 0, "renamed_from"), "type", None)]),
    ],
)
def test_what_is_wrong_is_found_where_it_is(parts: dict[str, Any], expected: list[Any]) -> None:
    assert messages_of(**parts) == expected


def test_no_message_is_the_librarys() -> None:
    everything = {
        "version": "1",
        "accounts": {"a": {"id": 1, "limits": {"deletes": -1}}, "b": []},
        "tags": [{"name": "x" * 2000, "state": 1, "colour": None, "scope": "a b"}, 5, {}],
        "scopes": [],
    }
    for problem in problems("config", everything):
        assert "is not valid under" not in problem.message
        assert "does not match" not in problem.message
        assert len(problem.message) < 300


def test_of_several_branches_the_nearest_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    branches = {"anyOf": [{"type": "null"}, {"type": "object", "required": ["line"]}]}
    monkeypatch.setattr(schema, "load_schema", lambda _name: branches)
    schema._validator.cache_clear()
    try:
        (found,) = problems("plan", {})
    finally:
        schema._validator.cache_clear()
    assert found.message == "`line` is missing"


def test_an_editor_explains_every_property() -> None:
    for path, value in properties(load_schema("config")):
        assert value.get("title"), path
        assert value.get("description"), path


def test_an_editor_offers_the_known_colours() -> None:
    definitions = load_schema("config")["$defs"]
    color = definitions["tag"]["properties"]["color"]
    assert definitions["palette"]["enum"] == list(PALETTE)
    assert {"$ref": "#/$defs/palette"} in color["anyOf"]
    shown = dict(zip(PALETTE, definitions["palette"]["enumDescriptions"], strict=True))
    assert shown["orange3"] == "text #7d4900 on #ffdfb2"
    assert "- `orange3`: text #7d4900 on #ffdfb2" in color["markdownDescription"]


def test_each_colour_describes_its_appearance() -> None:
    palette = load_schema("config")["$defs"]["palette"]
    for texts in (palette["enumDescriptions"], palette["markdownEnumDescriptions"]):
        assert texts == [f"text {one.text} on {one.background}" for one in PALETTE.values()]


def test_what_init_writes_and_what_editors_are_offered_lead_to_the_schema() -> None:
    assert load_schema("config")["$id"] == SCHEMA_URL
    assert TEMPLATE.splitlines()[0] == SCHEMA_LINE
    store = json.loads((ROOT / "examples/editors/schemastore.json").read_text("utf-8"))
    assert store.keys() == {"name", "description", "fileMatch", "url"}
    assert (store["url"], store["fileMatch"][0]) == (SCHEMA_URL, "reconciler.yaml")
    settings = json.loads((ROOT / "examples/editors/vscode-settings.json").read_text("utf-8"))
    assert list(settings["yaml.schemas"]) == [SCHEMA_URL]


def test_a_colour_outside_the_known_ones_is_no_error() -> None:
    assert messages_of(tags=[{"name": "a", "color": "mauve"}]) == []


def properties(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that is declared, with what describes it: itself or what it refers to."""
    if isinstance(value, list):
        for item in value:
            yield from properties(item, path)
    if not isinstance(value, dict):
        return
    if value.get("additionalProperties") is False:
        for key, one in value["properties"].items():
            yield f"{path}/{key}", {**referred(one), **one}
    for key, one in value.items():
        yield from properties(one, f"{path}/{key}")


def referred(value: dict[str, Any]) -> dict[str, Any]:
    name = value.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = load_schema("config")["$defs"].get(name, {})
    return found


def test_the_schema_is_written_the_way_it_is_printed() -> None:
    text = json.dumps(load_schema("config"), indent=2, ensure_ascii=False)
    assert json.loads(text) == load_schema("config")
