"""What a fresh sandbox holds: the reference page's payloads, a drifted agency, bulk, a pair.

Each seed is a function from a store (and a number) to rows; the same number gives the same rows.
"""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.sandbox.seeds.agency import seed_agency
from reconciler.sandbox.seeds.bulk import seed_bulk
from reconciler.sandbox.seeds.pair import seed_pair
from reconciler.sandbox.seeds.reference import seed_connection, seed_reference
from reconciler.sandbox.store import Store

if TYPE_CHECKING:
    from datetime import date

    from reconciler.sandbox.options import Options


def seed_store(store: Store, options: Options) -> None:
    """Fill ``store`` with what ``options.seed`` names; raises ValueError for no seed."""
    name, *numbers = options.seed.split(":")
    if name == "agency":
        store.load(_agency(options.seed_number, options.today))
        return
    with store.transaction():
        seed_connection(store)
        if name == "reference":
            seed_reference(store)
        elif name == "bulk":
            seed_bulk(store, *map(int, numbers))
        elif name == "pair":
            seed_pair(store, options.today, *map(int, numbers))
        elif name != "empty":
            raise ValueError(f"no seed {options.seed!r}")


@lru_cache(maxsize=2)
def _agency(number: int, today: date) -> bytes:
    """The agency's database: its rows take a second, and a process may start it many times."""
    with closing(Store(None)) as store:
        with store.transaction():
            seed_connection(store)
            seed_agency(store, number, today)
        return store.content()
