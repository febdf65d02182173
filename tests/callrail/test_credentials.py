from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.credentials import find_key
from reconciler.errors import AuthError
from reconciler.model.state import Gateway

if TYPE_CHECKING:
    from pathlib import Path

DIRECT, MATON = {"CALLRAIL_API_KEY": "direct-key"}, {"MATON_API_KEY": "maton-key"}


def refused(environ: dict[str, str], **options: object) -> AuthError:
    with pytest.raises(AuthError) as caught:
        find_key(environ, **{"gateway": None, **options})  # type: ignore[arg-type]
    assert caught.value.exit_code == 4
    return caught.value


def test_the_key_that_is_set_chooses_the_gateway() -> None:
    found = find_key(DIRECT, gateway=None)
    assert (found.gateway, found.key) == (Gateway.CALLRAIL, "direct-key")
    assert find_key(MATON, gateway=None).gateway is Gateway.MATON


def test_the_configuration_chooses_among_two() -> None:
    for gateway in Gateway:
        assert find_key(DIRECT | MATON, gateway=gateway).gateway is gateway


def test_two_keys_and_no_choice_are_refused() -> None:
    error = refused(DIRECT | MATON)
    assert "both" in error.message
    assert "gateway: maton" in (error.hint or "")


def test_no_key_reports_what_to_export() -> None:
    hint = refused({}).hint or ""
    assert "CALLRAIL_API_KEY" in hint
    assert "MATON_API_KEY" in hint
    assert "empty" in (refused({"MATON_API_KEY": ""}).hint or "")


def test_the_other_gateways_key_is_not_sent_to_this_one() -> None:
    error = refused(DIRECT, gateway=Gateway.MATON)
    assert error.message == "'gateway: maton' needs MATON_API_KEY, which is not set"
    assert "CALLRAIL_API_KEY is set" in (error.hint or "")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_key_may_come_from_a_file(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "key").write_bytes(b"from-file" + end)
    found = find_key({"CALLRAIL_API_KEY_FILE": str(tmp_path / "key")}, gateway=None)
    assert (found.key, found.origin_description) == ("from-file", "CALLRAIL_API_KEY_FILE")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"x" * 5_000, b"a b", b"a\nb", b"\xff\xfe"])
def test_a_bad_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    error = refused({"MATON_API_KEY_FILE": str(tmp_path / "key")})
    assert "MATON_API_KEY_FILE" in error.message


@pytest.mark.parametrize(
    "key", ["top\nsecret", "top secret", "top\tsecret", "topsecret\x00", "topsécret", 'top"secret']
)
def test_a_key_that_is_none_is_refused_without_being_shown(key: str) -> None:
    error = refused({"CALLRAIL_API_KEY": key})
    assert "CALLRAIL_API_KEY" in error.message
    assert "secret" not in error.message + (error.hint or "")
    assert "top" not in error.message + (error.hint or "")


@pytest.mark.parametrize(
    ("environ", "gateway", "name", "chosen"),
    [
        ({"ACME_API_KEY": "k"}, None, "ACME_API_KEY", Gateway.CALLRAIL),
        ({"ACME_API_KEY": "k"}, Gateway.MATON, "ACME_API_KEY", Gateway.MATON),
        ({"ACME_API_KEY": "k"} | MATON, None, "ACME_API_KEY", Gateway.MATON),
        (DIRECT | MATON, None, "MATON_API_KEY", Gateway.MATON),
    ],
)
def test_an_accounts_own_variable_wins(
    environ: dict[str, str], gateway: Gateway | None, name: str, chosen: Gateway
) -> None:
    found = find_key(environ, gateway=gateway, api_key_env=name)
    assert (found.gateway, found.origin_description) == (chosen, name)


def test_an_accounts_own_variable_must_be_set() -> None:
    assert "ACME_API_KEY" in refused(DIRECT, api_key_env="ACME_API_KEY").message


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "_API_KEY",
        "ACME_API_KEY_FILE",
        "acme_api_key",
        "ACME_API_KEY\n",
        " ACME_API_KEY",
        "X=ACME_API_KEY",
        "",
        "A" * 100_000,
    ],
)
def test_a_file_names_no_variable_that_is_not_one_for_keys(name: str) -> None:
    error = refused({name: "hunter2"} | DIRECT, api_key_env=name)
    shown = error.message + (error.hint or "")
    assert "not known to hold a key" in shown
    assert "RECONCILER_KEY_VARIABLES" in shown
    assert "hunter2" not in shown
    assert len(shown) < 500


@pytest.mark.parametrize("listed", ["ACME", "X,ACME", "X ACME", "X,\n ACME ,Y"])
def test_the_environment_may_list_other_variables(listed: str) -> None:
    environ = {"ACME": "k", "RECONCILER_KEY_VARIABLES": listed}
    assert find_key(environ, gateway=None, api_key_env="ACME").key == "k"
    assert "ACM," in refused(environ, api_key_env="ACM").message


@pytest.mark.parametrize("gateway", list(Gateway))
def test_a_file_does_not_send_one_gateways_key_to_the_other(gateway: Gateway) -> None:
    other = "MATON_API_KEY" if gateway is Gateway.CALLRAIL else "CALLRAIL_API_KEY"
    environ = DIRECT | MATON | {"RECONCILER_KEY_VARIABLES": other}
    assert "another gateway" in refused(environ, gateway=gateway, api_key_env=other).message
    assert find_key(environ, gateway=None, api_key_env=other).gateway is not gateway


def test_a_key_does_not_show_in_its_repr() -> None:
    assert "direct-key" not in repr(find_key(DIRECT, gateway=None))
