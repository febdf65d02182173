"""Finds the key for a gateway in the environment, and refuses what can't be one.

A file may name the variable that holds a key (``api_key_env`` of a configuration or of a saved
plan), and a file may come with a pull request. So a file only ever chooses among variables that
are known to hold keys: those called ``*_API_KEY``, and those that RECONCILER_KEY_VARIABLES lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.errors import AuthError
from reconciler.model.state import Gateway
from reconciler.text.visible import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final = {Gateway.CALLRAIL: "CALLRAIL_API_KEY", Gateway.MATON: "MATON_API_KEY"}
KEY_VARIABLES: Final = "RECONCILER_KEY_VARIABLES"
_KEY_LIMIT = 4_096
# A quote or backslash would end the quoted string of CallRail's header early.
_KEY = re.compile(r"[!#-\[\]-~]+")
_NAMED_AS_A_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*_API_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key, the gateway that it is for, and the variable that led to it (never the key itself)."""

    gateway: Gateway
    key: str = field(repr=False)
    origin_description: str

    @property
    def is_standard(self) -> bool:
        """Whether it stood in a gateway's standard variable, and not in a file or another one."""
        return self.origin_description in VARIABLES.values()


def find_key(
    environ: Mapping[str, str], *, gateway: Gateway | None, api_key_env: str | None = None
) -> Credential:
    """The key to use, from ``environ``.

    ``gateway`` is the configuration's, None where it names none: then the one of CALLRAIL_API_KEY
    and MATON_API_KEY that is set decides. ``api_key_env`` is the variable that an account names for
    itself; without ``gateway`` its key belongs to the gateway whose standard variable it is or,
    failing that, to the one whose standard variable is set, and to CallRail when neither is. Each
    variable can be replaced by one with ``_FILE`` added, which holds a path. An empty variable
    counts as not set.

    Raises AuthError when there is no key, when both gateways are possible, when ``api_key_env``
    names a variable that it may not, or when what was found can't be a key.
    """
    if api_key_env is not None:
        return _named(environ, name=api_key_env, gateway=gateway)
    chosen = gateway or _standard_gateway(environ)
    if chosen is None:
        raise AuthError("there is no API key in the environment", hint=_export_hint(environ))
    if not _is_set(environ, VARIABLES[chosen]):
        raise _missing_for(environ, chosen)
    return _read(environ, VARIABLES[chosen], chosen)


def _named(environ: Mapping[str, str], *, name: str, gateway: Gateway | None) -> Credential:
    _expect_key_variable(environ, name)
    own = next((one for one, variable in VARIABLES.items() if variable == name), None)
    if own is not None and gateway is not None and own is not gateway:
        raise AuthError(
            f"api_key_env names {name}, which holds the key of another gateway than "
            f"'gateway: {gateway}'",
            hint=f"Name the variable of a key for {gateway}: {VARIABLES[gateway]}, or one like "
            "ACME_API_KEY.",
        )
    if not _is_set(environ, name):
        raise AuthError(
            f"api_key_env names {name}, which is not set",
            hint=f"export {name}=…  (or {name}_FILE=path)",
        )
    chosen = gateway or own or _standard_gateway(environ) or Gateway.CALLRAIL
    return _read(environ, name, chosen)


def _expect_key_variable(environ: Mapping[str, str], name: str) -> None:
    """Raise AuthError unless ``name`` is known to hold a key; it says nothing of what it holds."""
    listed = re.split(r"[,\s]+", environ.get(KEY_VARIABLES, ""))
    if name and (_NAMED_AS_A_KEY.fullmatch(name) or name in listed):
        return
    raise AuthError(
        f"api_key_env names {safe_text(name, limit=60) or 'nothing'}, which is not known to hold "
        "a key: a file that a pull request can change may not choose any secret",
        hint="Call the variable …_API_KEY (such as ACME_API_KEY), or list it in the environment: "
        f"export {KEY_VARIABLES}=NAME,NAME",
    )


def _standard_gateway(environ: Mapping[str, str]) -> Gateway | None:
    found = [one for one, variable in VARIABLES.items() if _is_set(environ, variable)]
    if len(found) > 1:
        raise AuthError(
            "both CALLRAIL_API_KEY and MATON_API_KEY are set, and no gateway is chosen",
            hint="Write 'gateway: callrail' or 'gateway: maton' in the configuration, "
            "or unset one of the two.",
        )
    return found[0] if found else None


def _missing_for(environ: Mapping[str, str], gateway: Gateway) -> AuthError:
    name = VARIABLES[gateway]
    other = Gateway.MATON if gateway is Gateway.CALLRAIL else Gateway.CALLRAIL
    hint = f"export {name}=…  (or {name}_FILE=path)"
    if _is_set(environ, VARIABLES[other]):
        hint += f"; {VARIABLES[other]} is set, but its key is for 'gateway: {other}'"
    return AuthError(f"'gateway: {gateway}' needs {name}, which is not set", hint=hint)


def _export_hint(environ: Mapping[str, str]) -> str:
    hint = (
        "export CALLRAIL_API_KEY=… for CallRail itself, or MATON_API_KEY=… for the Maton gateway "
        "(or CALLRAIL_API_KEY_FILE=path, MATON_API_KEY_FILE=path)"
    )
    empty = [name for name in VARIABLES.values() if environ.get(name) == ""]
    return hint + (f"; {' and '.join(empty)} is set but empty" if empty else "")


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def _read(environ: Mapping[str, str], name: str, gateway: Gateway) -> Credential:
    value = environ.get(name)
    if value:
        return Credential(gateway=gateway, key=_checked(value, name), origin_description=name)
    variable = f"{name}_FILE"
    key = _checked(_file(environ[variable], variable), variable)
    return Credential(gateway=gateway, key=key, origin_description=variable)


def _file(name: str, variable: str) -> str:
    try:
        # Bounded by hand: the path may be a pipe or a device, whose size says nothing.
        with Path(name).open("rb") as file:
            content = file.read(_KEY_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no usable path"
        raise AuthError(f"{variable}: the file can't be read: {reason}") from None
    if len(content) > _KEY_LIMIT:
        raise AuthError(
            f"{variable}: the file is longer than {_KEY_LIMIT:,} bytes: it is not a key"
        )
    text = content.decode("latin-1").rstrip("\r\n")
    if not text:
        raise AuthError(f"{variable}: the file is empty")
    return text


def _checked(key: str, variable: str) -> str:
    """``key`` if it can stand in a header; the message never shows it."""
    if len(key) > _KEY_LIMIT:
        raise AuthError(f"{variable} is longer than {_KEY_LIMIT:,} characters: it is not a key")
    if _KEY.fullmatch(key) is None:
        raise AuthError(
            f"{variable} holds a character that no key has ({_fault(key)})",
            hint="Copy the key again, without quotes, spaces or line ends.",
        )
    return key


def _fault(key: str) -> str:
    if "\n" in key or "\r" in key:
        return "a line end"
    if any(char.isspace() for char in key):
        return "a space"
    if not key.isascii():
        return "one that is not ASCII"
    return "a quote or backslash" if '"' in key or "\\" in key else "a control character"
