"""A plan as the document that is printed, saved, reviewed and applied."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Final, TypedDict

from reconciler.document.problems import problem_fields, problem_of, source_of
from reconciler.document.reading import FileKind, Node, altered, parse
from reconciler.document.writing import FORMAT_VERSION, Document, pieces
from reconciler.errors import exit_code_of
from reconciler.model.change import (
    UNKNOWN,
    Action,
    Cause,
    Change,
    Count,
    Create,
    Delete,
    Loss,
    Merge,
    Precision,
    Reason,
    Update,
    before_and_after,
)
from reconciler.model.news import News
from reconciler.model.outcome import AccountError
from reconciler.model.plan import (
    AccountUse,
    Allowance,
    Base,
    Beyond,
    Evidence,
    Excepted,
    Plan,
    Summary,
    TrashedTag,
    UnmanagedTag,
)
from reconciler.model.state import Gateway, Limits, Policy, Unmanaged
from reconciler.model.tag import AccountRef, Company, LiveTag, Place, Status, Tag, differing
from reconciler.model.trash import Day

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from reconciler.model.problem import Source

_CODE: Final = re.compile(r"[A-Z]{3,5}[0-9]{3}")
KIND: Final = FileKind("saved plan", "`reconciler plan --out FILE` makes one.")


def plan_document(plan: Plan) -> Document:
    """``plan`` with every field of ``schemas/plan.schema.json``.

    All that it holds comes back from :func:`load_plan`, but for whether a company is active: only
    active ones are ever planned for.
    """
    return _document(plan, [change_fields(change) for change in plan.changes])


def plan_pieces(plan: Plan) -> Iterator[str]:
    """The text of the same document, part by part: a large plan is never held as text."""
    return pieces(_document(plan, map(change_fields, plan.changes)))


def _document(plan: Plan, changes: object) -> Document:
    document: Document = {
        "format_version": FORMAT_VERSION,
        "tool_version": plan.tool_version,
        "created_at": plan.created_at,
        "digest": plan.digest,
        "gateway": plan.gateway,
        "accounts": [_account_fields(use) for use in plan.accounts],
        "summary": summary_fields(plan.summary),
        "changes": changes,
        "warnings": [problem_fields(problem) for problem in plan.warnings],
        "requests": {
            "plan": plan.requests_used,
            "apply": sum(use.apply_requests for use in plan.accounts),
        },
    }
    if plan.muted:
        document["muted"] = dict(plan.muted)
    if plan.unread:
        document["unread"] = [unread_fields(error) for error in plan.unread]
    if plan.companies_unread:
        document["companies_unread"] = True
    if plan.undoes is not None:
        document["undoes"] = plan.undoes
    if plan.since is not None:
        document["since"] = _evidence_fields(plan.since)
    if plan.base is not None:
        document["base"] = _base_fields(plan.base, plan.this_change.digest)
    if plan.unmanaged_tags:
        document["unmanaged"] = [_unmanaged_fields(one) for one in plan.unmanaged_tags]
    if plan.trash:
        document["trash"] = [_trashed_fields(one) for one in plan.trash]
    if plan.exceptions:
        document["exceptions"] = [excepted_fields(one) for one in plan.exceptions]
    return document


def _base_fields(base: Base, digest: str) -> Document:
    """What the causes rest on; ``digest`` is that of the plan without drift."""
    return {
        "ref": base.ref,
        "commit": base.commit,
        "unknown": base.unknown,
        "digest": digest if base.unknown is None else None,
        "undone": [change_fields(change) for change in base.undone],
        "unread": list(base.unread),
        "drift_left_out": base.drift,
    }


def load_plan(text: str) -> Plan:
    """The plan that ``text`` holds.

    Raises DocumentError when it is no plan, is cut short or is of another format, and RefusedError
    when its parts contradict each other: it is not what was written, so not what was reviewed.
    """
    root = parse(text, kind=KIND)
    accounts = tuple(_account_of(node) for node in root.nodes("accounts"))
    lists = ("changes", *filter(root.has, ("unmanaged", "trash")))
    base = root.node("base") if root.has("base") else None
    placed = (*map(root.nodes, lists), () if base is None else base.nodes("undone"))
    places = Places(accounts, chain.from_iterable(placed), KIND)
    summary = root.node("summary")
    plan = Plan(
        accounts=accounts,
        changes=tuple(change_of(node, places) for node in root.nodes("changes")),
        unchanged=summary.whole("unchanged"),
        unmanaged=summary.whole("unmanaged"),
        warnings=tuple(problem_of(node) for node in root.nodes("warnings")),
        muted=_muted_of(root),
        unmanaged_tags=_unmanaged_of(root, places),
        trash=_trash_of(root, places),
        exceptions=tuple(map(_excepted_of, root.nodes("exceptions")))
        if root.has("exceptions")
        else (),
        gateway=root.word("gateway", Gateway).value if root.optional_text("gateway") else None,
        created_at=root.text("created_at"),
        tool_version=root.text("tool_version"),
        unread=tuple(map(unread_of, root.nodes("unread"))) if root.has("unread") else (),
        companies_unread=root.has("companies_unread") and root.truth("companies_unread"),
        undoes=root.text("undoes") if root.has("undoes") else None,
        since=_evidence_of(root.node("since")) if root.has("since") else None,
        base=None if base is None else _base_of(base, places),
    )
    if root.text("digest") != plan.digest:
        raise altered(
            KIND, f"its changes make the digest {plan.digest}, not the one that it states"
        )
    root.confirm(plan_document(plan))
    expect_sound(plan.changes, KIND)
    return plan


def _evidence_fields(since: Evidence) -> Document:
    lacking = {"lacking": list(since.lacking)} if since.lacking else {}
    older = {"older": since.older} if since.older else {}
    return {"created_at": since.created_at, **lacking, **older}


def _evidence_of(node: Node) -> Evidence:
    return Evidence(
        created_at=node.text("created_at"),
        lacking=node.texts("lacking") if node.has("lacking") else (),
        older=node.whole("older") if node.has("older") else 0,
    )


def _base_of(node: Node, places: Places) -> Base:
    return Base(
        ref=node.text("ref"),
        commit=node.optional_text("commit"),
        unknown=node.optional_text("unknown"),
        undone=tuple(change_of(one, places) for one in node.nodes("undone")),
        unread=node.texts("unread"),
        drift=node.optional_whole("drift_left_out"),
    )


def _muted_of(root: Node) -> dict[str, int]:
    if not root.has("muted"):
        return {}
    node = root.node("muted")
    if not all(_CODE.fullmatch(code) for code in node.names()):
        raise altered(KIND, "its `muted` names what is not a code")
    return {code: node.whole(code, least=1) for code in node.names()}


def place_fields(place: Place) -> Document:
    """Where a tag lives, as every document says it."""
    return {
        "account": place.account.handle,
        "account_id": place.account.id,
        "level": place.level.value,
        "company_id": place.company_id,
        "company": place.company and place.company.name,
    }


def change_fields(change: Change) -> Document:
    """One change, as it stands in plans and reports."""
    place = change.place
    before, after = before_and_after(change)
    loss = None if isinstance(change, Create) else change.loss
    return {
        "action": change.action.value,
        **place_fields(place),
        "name": change.name,
        "tag_id": change.tag_id,
        "before": before and tag_fields(before),
        "after": after and tag_fields(after),
        "fields": list(change.fields) if isinstance(change, Update) else [],
        "reason": change.reason.value,
        "cause": change.cause and change.cause.value,
        "source": change.source and source_fields(change.source),
        "note": change.note,
        "loss": loss and loss_fields(loss),
        "blocked_by": change.blocked_by,
        **({} if change.since is None else {"since": change.since.value}),
        **(_merge_fields(change) if isinstance(change, Merge) else {}),
    }


def _merge_fields(change: Merge) -> Document:
    """What only a merge has: the tag that survives, what gets it, and the name in the trash."""
    into, loss = change.into, change.loss
    tag = change.after if into is None else into.tag
    return {
        "into": {
            "tag_id": into and into.id,
            "company_id": change.into_company_id,
            **tag_fields(tag),
        },
        "interactions": loss and count_fields(loss.interactions),
        "trash_name": change.trash_name,
    }


def summary_fields(summary: Summary) -> Document:
    """The counts, in the order in which the plan's text names them."""
    names = ("create", "update", "trash", "merge", "delete", "unchanged", "unmanaged", "blocked")
    return {name: getattr(summary, name) for name in names}


def unread_fields(error: AccountError) -> Document:
    """Why an account could not be read, as it stands in plans and reports."""
    return {
        "account": error.account,
        "code": error.code,
        "exit_code": exit_code_of(error.code),
        "message": error.message,
        "hint": error.hint,
        "requests": error.requests,
    }


def unread_of(node: Node) -> AccountError:
    """What :func:`unread_fields` wrote."""
    return AccountError(
        account=node.text("account"),
        code=node.text("code"),
        message=node.text("message"),
        hint=node.optional_text("hint"),
        requests=node.whole("requests"),
    )


def loss_fields(loss: Loss) -> Document:
    """A loss, kind by kind."""
    counts = {**counts_fields(loss), "flows": count_fields(loss.flows)}
    return {**counts, "flow_names": list(loss.flow_names)} if loss.flow_names else counts


def counts_fields(loss: Loss) -> Document:
    """The interactions of a loss, kind by kind."""
    return {kind: count_fields(getattr(loss, kind)) for kind in _KINDS}


_KINDS: Final = ("calls", "forms", "texts")


def _account_fields(use: AccountUse) -> Document:
    return {
        "handle": use.account.handle,
        "id": use.account.id,
        "name": use.account.name,
        "requests": use.plan_requests,
        "apply_requests": use.apply_requests,
        **({"merge_requests": use.merge_requests} if use.merge_requests else {}),
        "connection": use.connection,
        "api_key_env": use.api_key_env,
        "policy": _policy_fields(use.policy),
        "source": use.source and source_fields(use.source),
        "limits_source": use.limits_source and source_fields(use.limits_source),
        "beyond": {
            "deletes": use.beyond.deletes,
            "disables": use.beyond.disables,
            "interactions": count_fields(use.beyond.interactions),
            "flows": use.beyond.flows,
        },
        **({} if use.requests_per_hour is None else {"requests_per_hour": use.requests_per_hour}),
        **({} if use.allowance is None else {"quota": _allowance_fields(use.allowance)}),
        **({"companies": _companies_fields(use.companies)} if use.companies else {}),
    }


def _companies_fields(companies: Iterable[Company]) -> list[Document]:
    return [{"id": one.id, "name": one.name} for one in companies]


def _companies_of(node: Node) -> tuple[Company, ...]:
    found = [(one.text("id"), one.text("name")) for one in node.nodes("companies")]
    named = Counter(name for _id, name in found)
    return tuple(Company(one, name, has_namesake=named[name] > 1) for one, name in found)


def _policy_fields(policy: Policy) -> Document:
    return {
        "unmanaged": policy.unmanaged.value,
        "protect": list(policy.protect),
        "ignore": list(policy.ignore),
        "limits": asdict(policy.limits),
        "trash": policy.trash,
    }


def source_fields(source: Source) -> Document:
    """A place in a file."""
    return {"file": source.file, "line": source.line, "column": source.column}


def _allowance_fields(allowance: Allowance) -> Document:
    return {
        "per": allowance.per,
        "allowed": allowance.allowed,
        "left": allowance.left,
        "others": allowance.others,
    }


def _allowance_of(node: Node) -> Allowance:
    return Allowance(
        per=node.text("per"),
        allowed=node.whole("allowed"),
        left=node.whole("left"),
        others=node.whole("others"),
    )


def tag_fields(tag: Tag) -> Document:
    """A tag as the schemas' ``tag`` has it."""
    return {"name": tag.name, "color": tag.color, "status": tag.status.value}


def count_fields(count: Count) -> Document:
    """A number and how sure it is; null where it is unknown."""
    known = count.precision is not Precision.UNKNOWN
    return {"count": count.number if known else None, "precision": count.precision.value}


def _trashed_fields(entry: TrashedTag) -> Document:
    return {**_live_fields(entry), "due": None if entry.due is None else entry.due.isoformat()}


def _unmanaged_fields(entry: UnmanagedTag) -> Document:
    since = {} if entry.since is None else {"since": entry.since.value}
    return {**_live_fields(entry), **since}


def excepted_fields(one: Excepted) -> Document:
    """An exception that the configuration explains."""
    return {
        "company": one.company,
        "tags": list(one.tags),
        "until": None if one.until is None else one.until.isoformat(),
        "reason": one.reason,
        "source": source_fields(one.source),
    }


def _excepted_of(node: Node) -> Excepted:
    return Excepted(
        company=node.text("company"),
        tags=node.texts("tags"),
        until=_day_of(node, "until"),
        reason=node.optional_text("reason"),
        source=source_of(node.node("source")),
    )


def _live_fields(entry: UnmanagedTag | TrashedTag) -> Document:
    return {
        **place_fields(entry.place),
        "tag_id": entry.tag.id,
        "name": entry.tag.name,
        "color": entry.tag.color,
        "status": entry.tag.status.value,
    }


class Places:
    """The places of a document, one object each however many changes they have.

    Raises RefusedError for what contradicts itself, here and in :meth:`of`.
    """

    def __init__(
        self, accounts: Sequence[AccountUse], nodes: Iterable[Node], kind: FileKind
    ) -> None:
        self._accounts: Mapping[str, AccountRef] = {
            use.account.handle: use.account for use in accounts
        }
        ids = {use.account.id.casefold() for use in accounts}
        if not len(self._accounts) == len(ids) == len(accounts):
            # Under two handles its limits would hold twice.
            raise altered(kind, "an account stands in it twice")
        self._known: dict[tuple[str, str | None, str | None], Place] = {}
        self._companies_named = Counter(
            (handle, name) for handle, _id, name in set(map(_named, nodes))
        )

    def of(self, node: Node) -> Place:
        """The place that a change names by handle, company id and company."""
        key = handle, company_id, company = _named(node)
        place = self._known.get(key)
        if place is None:
            if handle not in self._accounts:
                raise altered(node.kind, f"{node.where} is of an account that it does not list")
            if (company_id is None) != (company is None):
                raise altered(node.kind, f"{node.where} has half a company")
            where = None
            if company_id is not None:
                twice = self._companies_named[handle, company] > 1
                where = Company(company_id, company or "", has_namesake=twice)
            place = self._known[key] = Place(self._accounts[handle], where)
        return place


def _named(node: Node) -> tuple[str, str | None, str | None]:
    """The handle, company id and company that a change names."""
    return node.text("account"), node.optional_text("company_id"), node.optional_text("company")


def _account_of(node: Node) -> AccountUse:
    return AccountUse(
        account=AccountRef(node.text("handle"), node.text("id"), node.optional_text("name")),
        plan_requests=node.whole("requests"),
        apply_requests=node.whole("apply_requests"),
        merge_requests=node.whole("merge_requests") if node.has("merge_requests") else 0,
        connection=node.optional_text("connection"),
        api_key_env=node.optional_text("api_key_env"),
        policy=_policy_of(node.node("policy")),
        source=node.optional("source", source_of),
        limits_source=node.optional("limits_source", source_of),
        beyond=_beyond_of(node.node("beyond")),
        requests_per_hour=node.optional_whole("requests_per_hour", least=1)
        if node.has("requests_per_hour")
        else None,
        allowance=_allowance_of(node.node("quota")) if node.has("quota") else None,
        companies=_companies_of(node) if node.has("companies") else (),
    )


def _policy_of(node: Node) -> Policy:
    limits = node.node("limits")
    return Policy(
        unmanaged=node.word("unmanaged", Unmanaged),
        protect=node.texts("protect"),
        ignore=node.texts("ignore"),
        limits=Limits(**{one.name: limits.whole(one.name) for one in fields(Limits)}),
        trash=node.optional_whole("trash", least=1),
    )


def _beyond_of(node: Node) -> Beyond:
    return Beyond(
        deletes=node.whole("deletes"),
        disables=node.whole("disables"),
        interactions=_count_of(node.node("interactions")),
        flows=node.whole("flows"),
    )


def change_of(node: Node, places: Places) -> Change:
    """What :func:`change_fields` wrote; in a report a create's ``tag_id`` is its outcome's."""
    place = places.of(node)
    shared: _Shared = {
        "place": place,
        "reason": node.word("reason", Reason),
        "cause": None if node.optional_text("cause") is None else node.word("cause", Cause),
        "source": node.optional("source", source_of),
        "note": node.optional_text("note"),
        "blocked_by": node.optional_text("blocked_by"),
        "since": _since_of(node),
    }
    action = node.word("action", Action)
    before, after = node.optional("before", tag_of), node.optional("after", tag_of)
    tag_id, loss = node.optional_whole("tag_id", least=1), node.optional("loss", loss_of)
    fields = node.texts("fields")
    match action, before, tag_id, after:
        case Action.CREATE, None, _, Tag() if not fields and loss is None:
            return Create(after=after, **shared)
        case Action.UPDATE, Tag(), int(), Tag() if set(fields) == set(differing(before, after)):
            live = _live(tag_id, before, place)
            return Update(before=live, after=after, fields=fields, loss=loss, **shared)
        case Action.MERGE, Tag(), int(), Tag() if not fields and node.has("into"):
            live = _live(tag_id, before, place)
            into, name = _into_of(node.node("into"), place), node.text("trash_name")
            return Merge(before=live, into=into, after=after, trash_name=name, loss=loss, **shared)
        case Action.DELETE, Tag(), int(), None if not fields:
            return Delete(before=_live(tag_id, before, place), loss=loss, **shared)
    raise altered(node.kind, f"{node.where} is no {action} by its {_PARTS}")


def _into_of(node: Node, place: Place) -> LiveTag | None:
    tag, tag_id = tag_of(node), node.optional_whole("tag_id", least=1)
    company_id = node.optional_text("company_id")
    if company_id not in {None, place.company_id} or (tag_id is None and place.company is None):
        raise altered(node.kind, f"{node.where} is not a tag that {place} can have")
    if tag_id is None:
        return None
    return LiveTag(tag_id, tag.name, tag.color, tag.status, company_id)


class _Shared(TypedDict):
    """What changes of every kind have."""

    place: Place
    reason: Reason
    cause: Cause | None
    source: Source | None
    note: str | None
    blocked_by: str | None
    since: News | None


def _since_of(node: Node) -> News | None:
    return node.word("since", News) if node.has("since") else None


_PARTS: Final = "tag_id, before, after, fields and loss"


def _live(tag_id: int, tag: Tag, place: Place) -> LiveTag:
    return LiveTag(tag_id, tag.name, tag.color, tag.status, place.company_id)


def tag_of(node: Node) -> Tag:
    """What :func:`tag_fields` wrote."""
    return Tag(node.text("name"), node.optional_text("color"), node.word("status", Status))


def loss_of(node: Node) -> Loss:
    """What :func:`loss_fields` wrote."""
    names = node.texts("flow_names") if node.has("flow_names") else ()
    flows = _count_of(node.node("flows"))
    return replace(counts_of(node), flows=flows, flow_names=names)


def counts_of(node: Node) -> Loss:
    """What :func:`counts_fields` wrote."""
    calls, forms, texts = (_count_of(node.node(kind)) for kind in _KINDS)
    return Loss(calls=calls, forms=forms, texts=texts)


def _count_of(node: Node) -> Count:
    precision = node.word("precision", Precision)
    return UNKNOWN if precision is Precision.UNKNOWN else Count(node.whole("count"), precision)


def _unmanaged_of(root: Node, places: Places) -> tuple[UnmanagedTag, ...]:
    if not root.has("unmanaged"):
        return ()
    return tuple(
        UnmanagedTag(places.of(node), _listed(node), _since_of(node))
        for node in root.nodes("unmanaged")
    )


def _trash_of(root: Node, places: Places) -> tuple[TrashedTag, ...]:
    if not root.has("trash"):
        return ()
    return tuple(
        TrashedTag(place=places.of(node), tag=_listed(node), due=_day_of(node, "due"))
        for node in root.nodes("trash")
    )


def _day_of(node: Node, name: str) -> Day | None:
    written = node.optional_text(name)
    try:
        return None if written is None else Day.fromisoformat(written)
    except ValueError:
        raise altered(KIND, f"{node.where} has a `{name}` that is not a day") from None


def _listed(node: Node) -> LiveTag:
    return LiveTag(
        id=node.whole("tag_id", least=1),
        name=node.text("name"),
        color=node.optional_text("color"),
        status=node.word("status", Status),
        company_id=node.optional_text("company_id"),
    )


def expect_sound(changes: Iterable[Change], kind: FileKind) -> None:
    """Refuse what no planner writes: one tag changed twice."""
    seen: set[Hashable] = set()
    for at, change in enumerate(changes):
        if change.touches in seen:
            raise altered(kind, f"changes[{at}] touches a tag that another change touches")
        seen.add(change.touches)
