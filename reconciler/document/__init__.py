"""Plans, reports, snapshots and errors as versioned JSON, and back again.

What belongs here: the fields of every document the tool prints, and the strict reading of those
it takes back. The published contracts are ``schemas/*.schema.json`` (plan, report, snapshot, diff,
audit, explanation, problems, error, notice); a field that is added here is added there. What does
not: files, streams and clocks (text comes in and goes out), and deciding whether a plan may be
applied.
"""

from reconciler.document.diff import diff_document
from reconciler.document.joining import join
from reconciler.document.notice import notice_document
from reconciler.document.plan import load_plan, plan_document, plan_pieces
from reconciler.document.problems import error_document, problems_document
from reconciler.document.report import load_report, report_document
from reconciler.document.snapshot import load_snapshot, read_snapshot, snapshot_document
from reconciler.document.writing import FORMAT_VERSION, dump

__all__ = [
    "FORMAT_VERSION",
    "diff_document",
    "dump",
    "error_document",
    "join",
    "load_plan",
    "load_report",
    "load_snapshot",
    "notice_document",
    "plan_document",
    "plan_pieces",
    "problems_document",
    "read_snapshot",
    "report_document",
    "snapshot_document",
]
