"""The first configuration is one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.config.template import TEMPLATE
from reconciler.model.state import Policy
from tests.config.writing import loaded

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_configuration_loads_without_a_word(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, TEMPLATE)
    assert not configuration.warnings
    assert len(configuration.entries) == 1


def test_what_it_teaches_in_comments_loads_too(tmp_path: Path) -> None:
    text = re.sub(
        r"(?m)^( +)# (- |  )(?=name:|companies:|except:|color:|renamed_from:|state:|note:)",
        r"\1\2",
        TEMPLATE,
    )
    text = text.replace("# protect:", "protect:").replace("# limits:", "limits:")
    configuration = loaded(tmp_path, text)
    assert len(configuration.entries) == 5
    assert configuration.accounts[0].policy == Policy(protect=("Lead *",))
