"""What resources have in common that the sandbox only shows: a list with filters, and one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.answers import Asked, Refusal, Response, Row
from reconciler.sandbox.listing import listed
from reconciler.sandbox.where import Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches


class ReadOnly:
    """One resource of all accounts, whose table, path and key in answers are one ``name``."""

    name: ClassVar[str]
    filters: ClassVar[Mapping[str, str]] = {"company_id": "company_id"}
    """Parameter -> the column that must equal it."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Parameters that take one of a few words, each the value of the column of that name."""
    searched: ClassVar[tuple[str, ...]] = ()
    """The columns that ``search`` searches."""
    sorts: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[tuple[str, ...]] = ()
    """Parameters that a list can't do without."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self.store, self.switches = store, switches

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Response a GET below ``/a/ACCOUNT``."""
        if asked.method != "GET":
            raise Refusal(405, "method not allowed")
        where = Where()
        where.add("account_id = :account", account=account_id)
        match asked.parts:
            case (whole,) if whole == f"{self.name}.json":
                return self._list(where, asked)
            case (self.name, part) if part.endswith(".json"):
                where.add("CAST(id AS TEXT) = :id", id=part.removesuffix(".json"))
                for row in self._rows(where, "id"):
                    return Response(payload=self.shape(row))
        raise Refusal(404, "not found")

    def shape(self, row: Row) -> Row:
        """A row as the API shows it."""
        raise NotImplementedError

    def _list(self, where: Where, asked: Asked) -> Response:
        for name in self.required:
            if asked.one(name) is None:
                raise Refusal(400, f"{name} is required")
        where.equal(asked, **self.filters)
        for name, values in self.choices.items():
            where.choice(asked, name, {value: f"{name} = '{value}'" for value in values})
        where.containing(asked.one("search") if self.searched else None, *self.searched)
        sort = asked.one("sort") or "id"
        if sort not in {"id", *self.sorts}:
            raise Refusal(400, "sort is not one of those possible")
        order = "desc" if asked.one("order") == "desc" else "asc"
        rows = self._rows(where, f"{sort} {order}, id")
        return listed(self.name, rows, asked, self.switches, self.shape)

    def _rows(self, where: Where, order: str) -> list[Row]:
        return self.store.rows(
            f"SELECT * FROM {self.name} WHERE {where} ORDER BY {order}",  # noqa: S608 - all of it is ours
            where.parameters,
        )

    def company(self, company_id: str) -> Row:
        """A company as other rows refer to it."""
        name = self.store.value("SELECT name FROM companies WHERE id = ?", (company_id,))
        return {"id": company_id, "name": name}
