"""What a fresh sandbox holds: the reference page's payloads, a drifted agency, bulk, a pair.

Each seed is a function from a store (and a number) to rows; the same number gives the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sandbox.seeds.agency import sow_agency
from reconciler.sandbox.seeds.bulk import sow_bulk
from reconciler.sandbox.seeds.pair import seed_pair
from reconciler.sandbox.seeds.reference import sow_connection, sow_reference

if TYPE_CHECKING:
    from reconciler.sandbox.options import Options
    from reconciler.sandbox.store import Store


def sow(store: Store, options: Options) -> None:
    """Fill ``store`` with what ``options.seed`` names; raises ValueError for no seed."""
    name, *numbers = options.seed.split(":")
    with store.transaction():
        sow_connection(store)
        if name == "reference":
            sow_reference(store)
        elif name == "agency":
            sow_agency(store, options.seed_number, options.today)
        elif name == "bulk":
            sow_bulk(store, *map(int, numbers))
        elif name == "pair":
            seed_pair(store, options.today, *map(int, numbers))
        elif name != "empty":
            raise ValueError(f"no seed {options.seed!r}")
