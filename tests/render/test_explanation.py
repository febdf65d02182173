"""What is said of a name is visible text, folded where places are alike."""

from __future__ import annotations

from hypothesis import given

from reconciler.document import dump
from reconciler.document.explanation import explanation_document
from reconciler.model.change import Count, Loss
from reconciler.model.explanation import DeclaredBlock, Explanation, LiveUse, Rule, Spot
from reconciler.model.problem import Source
from reconciler.model.tag import AccountRef, Place
from reconciler.render.explanation import code, explanation
from tests.builders import company, live_tag, place, update
from tests.expectations import declare
from tests.render.hostile import assert_no_command, assert_safe_text, assert_visible
from tests.render.test_hostile import anything


def explained(foreign: str) -> Explanation:
    """An explanation with ``foreign`` wherever someone else chooses the text."""
    where = Place(AccountRef(foreign, "ACC1"), company(foreign, id="COM1"))
    tag = live_tag(7, foreign, color=foreign, company_id="COM1")
    source = Source(foreign, 3)
    return Explanation(
        name=foreign,
        blocks=(
            DeclaredBlock(
                declaration=declare(foreign, note=foreign, renamed_from=(foreign,), source=source),
                accounts=(foreign,),
                companies=(foreign,),
                excepted=(foreign,),
                scope=foreign,
                place=source,
            ),
        ),
        spots=(
            Spot(
                place=where,
                declared=True,
                why=foreign,
                source=source,
                live=(LiveUse(tag, Loss(calls=Count(3))),),
                changes=(update(tag.tag, tag.tag, place=where, note=foreign, blocked_by=foreign),),
            ),
        ),
        elsewhere=(Spot(place=where, declared=False, why=foreign, nothing=foreign),),
        nearest=(foreign,),
        rules=(Rule(foreign, foreign),),
    )


@given(anything)
def test_foreign_text_does_nothing(foreign: str) -> None:
    shown = explanation(explained(foreign))
    assert_safe_text(shown)
    assert_safe_text(explanation(explained(foreign), width=40))
    document = dump(explanation_document(explained(foreign)))
    assert_visible(document)
    assert_no_command(document)


def test_places_with_the_same_lines_share_them() -> None:
    spots = [
        Spot(place=place(name), declared=True, why="all", nothing="it is as declared")
        for name in (f"Dental {at}" for at in range(12))
    ]
    found = Explanation(name="Lead", blocks=(), spots=tuple(spots), elsewhere=())
    named = ", ".join(f"Dental {at}" for at in range(10))
    assert explanation(found) == (
        "Lead\nNothing declares it.\n\n"
        f"acme · {named} and 2 more\n  why    all\n  plan   nothing: it is as declared\n"
    )


def test_a_code_fits_the_terminal() -> None:
    shown = code("PLAN001", "It means this.", "such as that", "Do that.", mutable=True, width=24)
    assert shown == (
        "PLAN001: It means\n  this.\n"
        "Example  such as that\n"
        "To do    Do that.\n"
        "To mute  warnings:\n"
        "         {ignore:\n"
        "         {PLAN001: the\n"
        "         reason}}\n"
    )
