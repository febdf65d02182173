"""Any account there could be, and anything that could be declared about it (hypothesis)."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from reconciler.model.problem import Source
from reconciler.model.state import Declaration, DesiredAccount, Limits, State, Unmanaged
from reconciler.model.tag import Company, LiveTag, Status
from tests.expectations import desired

COMPANIES = (Company("COM1", "Dental North"), Company("COM2", "Dental South"))
PLACES = (None, "COM1", "COM2")
NAMES = ("Lead", "lead", "Lead ", "Oppty", "Opportunity", "Implant", "Spam", "Léad")
TRASH = ("~trash 2026-11-25 Lead", "~trash 2026-11-01 Lead", "~trash 2026-01-01.2 Oppty")
COLORS = ("gray1", "blue1", "red1")
NO_LIMITS = Limits(
    deletes=10_000, disables=10_000, delete_percent=100, interactions=1_000_000, flows=1_000_000
)


@dataclass(frozen=True)
class Scenario:
    """What is declared and what is live."""

    desired: DesiredAccount
    live: tuple[LiveTag, ...]


@st.composite
def declarations(draw: st.DrawFn) -> tuple[Declaration, ...]:
    """The blocks of one place, within the rules: former names claimed once and not declared."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    former = [name for name in NAMES if name not in names]
    blocks: list[Declaration] = []
    for name in names:
        state = draw(st.sampled_from(State))
        takes: list[str] = []
        if former and state is not State.ABSENT:
            takes = draw(st.lists(st.sampled_from(former), unique=True, max_size=2))
            former = [one for one in former if one not in takes]
        blocks.append(
            Declaration(
                name=name,
                source=Source("reconciler.yaml", len(blocks) + 1),
                color=draw(st.sampled_from((None, *COLORS))),
                state=state,
                renamed_from=tuple(takes),
                note="Because." if state is State.ABSENT else None,
            )
        )
    return tuple(blocks)


@st.composite
def live_tags(
    draw: st.DrawFn, *, unique: str | None, former: list[tuple[str, str | None]]
) -> tuple[LiveTag, ...]:
    """Live tags of all places; ``unique`` as the server would hold it.

    ``former``: names and places of renames, most of which are not done yet.
    """
    values = st.tuples(st.sampled_from(COLORS), st.sampled_from(Status))
    undone = [(name, *draw(values), place) for name, place in former if draw(st.booleans())]
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(NAMES * 3 + TRASH),
                st.sampled_from(COLORS),
                st.sampled_from(Status),
                st.sampled_from(PLACES),
            ),
            max_size=14,
        )
    )
    order = draw(st.randoms(use_true_random=False))
    seen: set[tuple[str | None, str]] = set()
    tags = []
    for number, (name, color, status, place) in enumerate(draw(st.permutations(rows + undone)), 1):
        key = (place, name.casefold() if unique == "nocase" else name)
        if unique and key in seen:
            continue
        seen.add(key)
        tags.append(LiveTag(number, name, color, status, place))
    order.shuffle(tags)
    return tuple(tags)


@st.composite
def scenarios(draw: st.DrawFn, *, unique: str | None = None) -> Scenario:
    """An account and what is declared about it, without limits."""
    top = draw(declarations())
    inner = [(company, draw(declarations())) for company in COMPANIES]
    everywhere = [(None, top), *((company.id, blocks) for company, blocks in inner)]
    former = [
        (n, place) for place, blocks in everywhere for one in blocks for n in one.renamed_from
    ]
    wanted = desired(
        *top,
        companies=[(company, blocks) for company, blocks in inner if blocks],
        unmanaged=draw(st.sampled_from(Unmanaged)),
        limits=NO_LIMITS,
        trash=draw(st.sampled_from((30, None))),
    )
    return Scenario(wanted, draw(live_tags(unique=unique, former=former)))
