"""The floor: what any client must do at least. Standard library only, a process of its own.

Reads the same pages over ten connections, compares dictionaries and prints. It checks nothing,
knows no limits and would lose tags when a page moves.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

ADDRESS, ACCOUNT, KEY, DESIRED = sys.argv[1:]
LOCAL = threading.local()


def read(page: int) -> Any:
    if not hasattr(LOCAL, "connection"):
        LOCAL.connection = HTTPConnection(ADDRESS)
    LOCAL.connection.request(
        "GET",
        f"/v3/a/{ACCOUNT}/tags.json?page={page}&per_page=250",
        headers={"Authorization": f'Token token="{KEY}"'},
    )
    return json.loads(LOCAL.connection.getresponse().read())


with open(DESIRED, encoding="utf-8") as stream:  # noqa: PTH123 - pathlib costs milliseconds
    desired = json.load(stream)
first = read(1)
rest = range(2, -(-first["total_records"] // 250) + 1)
with ThreadPoolExecutor(10) as pool:
    pages = [first, *pool.map(read, rest)]
live = {row["name"]: row["color"] for page in pages for row in page["tags"]}
differing = [name for name, color in desired.items() if live.get(name) != color]
print(f"{len(differing)} to change, {len(live) - len(differing)} unchanged")
