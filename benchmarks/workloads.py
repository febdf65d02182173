"""The files that the contenders read: as many tags as records, as many records as tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.server import ACCOUNT, color, tag_name

if TYPE_CHECKING:
    from pathlib import Path

HEAD = f"""\
version: 1
accounts:
  bulk:
    id: {ACCOUNT}
tags:
"""

OCTODNS = """\
---
providers:
  source:
    class: octodns.provider.yaml.YamlProvider
    directory: {home}/source
    enforce_order: false
  target:
    class: octodns.provider.yaml.YamlProvider
    directory: {home}/target
    enforce_order: false
zones:
  example.com.:
    sources: [source]
    targets: [target]
"""


def declare(home: Path, tags: int, *, everywhere: bool = False, differing: int = 0) -> Path:
    """A directory with a reconciler.yaml of ``tags`` tags and the same for the floor.

    ``everywhere``: in every company, else on account level. ``differing``: one tag in so many has
    another colour than the server's.
    """
    home.mkdir(parents=True)
    place = "    companies: all\n" if everywhere else ""
    blocks = (
        f"  - name: {tag_name(one)}\n"
        f"    color: {color(one + 1 if differing and one % differing == 0 else one)}\n{place}"
        for one in range(tags)
    )
    (home / "reconciler.yaml").write_text(HEAD + "".join(blocks), "utf-8")
    wanted = {tag_name(one): color(one) for one in range(tags)}
    (home / "desired.json").write_text(json.dumps(wanted), "utf-8")
    return home


def merge(home: Path) -> Path:
    """A directory with a reconciler.yaml that makes two tags one; the first one survives."""
    home.mkdir(parents=True)
    block = f"  - name: {tag_name(0)}\n    merged_from: {tag_name(1)}\n    keep_id: true\n"
    (home / "reconciler.yaml").write_text(HEAD + block, "utf-8")
    return home


def unused(home: Path, scopes: int) -> Path:
    """A directory with a reconciler.yaml of one tag and ``scopes`` scopes that it does not use."""
    home.mkdir(parents=True)
    head, tags = HEAD.split("tags:\n")
    blocks = (f"  scope-{one}: {{companies: [Company {one:04}]}}\n" for one in range(scopes))
    text = f"{head}scopes:\n{''.join(blocks)}tags:\n  - name: {tag_name(0)}\n{tags}"
    (home / "reconciler.yaml").write_text(text, "utf-8")
    return home


def zone(home: Path, records: int) -> Path:
    """An octoDNS configuration with ``records`` records in two local providers that agree."""
    blocks = (
        f"tag-{one:06}:\n  type: A\n  ttl: 300\n  value: 192.0.2.{one % 250 + 1}\n"
        for one in range(records)
    )
    text = "---\n" + "".join(blocks)
    for side in ("source", "target"):
        (home / side).mkdir(parents=True)
        (home / side / "example.com.yaml").write_text(text, "utf-8")
    (home / "config.yaml").write_text(OCTODNS.format(home=home), "utf-8")
    return home / "config.yaml"
