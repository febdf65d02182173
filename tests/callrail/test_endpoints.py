from __future__ import annotations

import pytest

from reconciler.callrail.endpoints import find_endpoints, find_older_endpoints, is_loopback, origin
from reconciler.errors import ReconcilerError
from reconciler.model.state import Gateway


def test_each_gateway_has_its_base() -> None:
    assert find_endpoints(Gateway.CALLRAIL).api == "https://api.callrail.com"
    assert find_endpoints(Gateway.MATON).api == "https://api.maton.ai/callrail"
    assert find_endpoints(Gateway.MATON).control == "https://api.maton.ai"


@pytest.mark.parametrize("host", ["api.maton.ai", "gateway.maton.ai"])
def test_maton_has_a_new_and_an_older_name(host: str) -> None:
    url = f"https://{host}/callrail"
    found = find_endpoints(Gateway.MATON, api_url=url, control_url="https://ctrl.maton.ai")
    assert (found.api, found.control) == (url, "https://ctrl.maton.ai")


@pytest.mark.parametrize(
    ("api", "control"),
    [
        ("https://gateway.maton.ai/callrail", "https://ctrl.maton.ai"),
        ("https://api.maton.ai/callrail", "https://api.maton.ai"),
        ("http://127.0.0.1:8080/callrail", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_control_plane_is_beside_the_api_that_was_set(api: str, control: str) -> None:
    assert find_endpoints(Gateway.MATON, api_url=api).control == control
    assert find_older_endpoints(Gateway.MATON, api_url=api) is None


@pytest.mark.parametrize(
    ("gateway", "url"),
    [
        (Gateway.CALLRAIL, "https://api.maton.ai/callrail"),
        (Gateway.CALLRAIL, "https://GATEWAY.maton.ai:443/callrail"),
        (Gateway.CALLRAIL, "https://maton.ai:8443/callrail"),
        (Gateway.MATON, "https://api.callrail.com"),
        (Gateway.MATON, "https://api.callrail.com/callrail"),
    ],
)
def test_a_key_is_not_sent_to_the_other_gateway(gateway: Gateway, url: str) -> None:
    with pytest.raises(ReconcilerError, match="it is not sent there"):
        find_endpoints(gateway, api_url=url)


def test_a_key_of_maton_is_not_sent_to_callrail_as_its_control_plane() -> None:
    with pytest.raises(ReconcilerError, match="it is not sent there"):
        find_endpoints(Gateway.MATON, control_url="https://api.callrail.com")


def test_matons_base_names_which_app() -> None:
    with pytest.raises(ReconcilerError, match="/callrail"):
        find_endpoints(Gateway.MATON, api_url="https://api.maton.ai")
    with pytest.raises(ReconcilerError, match="before it"):
        find_endpoints(Gateway.MATON, control_url="https://api.maton.ai/connections")


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://proxy.example/callrail", "https://proxy.example/callrail"),
        ("https://proxy.example/callrail/", "https://proxy.example/callrail"),
        ("HTTPS://Example.COM:443/", "https://example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/callrail/", "http://127.0.0.1:8080/callrail"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_a_base_may_be_replaced(given: str, base: str) -> None:
    found = find_endpoints(Gateway.CALLRAIL, api_url=given, control_url=given)
    assert (found.api, found.control) == (base, base)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.callrail.com",
        "http://192.168.0.1:80",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://[::2]",
        "http://0.0.0.0",
        "http://2130706433",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "https://",
        "https:///v3",
        "https://user:hunter2@example.com",
        "https://hunter2@example.com",
        "https://example.com\\@hunter2",
        "https://example.com?hunter2",
        "https://example.com#x",
        "https://example.com/?",
        "https://example.com/a b",
        "https://example.com/../x",
        "https://example.com/%2e%2e",
        "https://example.com//x",
        "https://exämple.com",
        "https://example.com:99999",
        "https://[::1",
        "https://example.com\r\nX: y",
    ],
)
def test_what_is_no_safe_base_is_refused(url: str) -> None:
    for option in ("api_url", "control_url"):
        with pytest.raises(ReconcilerError) as caught:
            find_endpoints(Gateway.MATON, **{option: url})
        assert caught.value.exit_code == 1
        assert "hunter2" not in caught.value.message


def test_the_version_is_no_part_of_the_base() -> None:
    with pytest.raises(ReconcilerError, match="before it"):
        find_endpoints(Gateway.CALLRAIL, api_url="https://example.com/v3/")


def test_origins_compare_equal_in_any_spelling() -> None:
    assert origin("HTTPS://Example.com:443/a?b") == origin("https://example.com")
    assert origin("https://example.com:8443") != origin("https://example.com")
    assert origin("http://[::1") == origin("/next") == origin("javascript:x") == ""
    assert is_loopback("http://[::1]:1")
    assert not is_loopback("http://example.com")
