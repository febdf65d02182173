"""Which configuration a plan's changes are distinguished by: ``--base``, or what CI says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.configuration import paths
from reconciler.config import load_base
from reconciler.errors import ConfigError, RevisionError, UsageError
from reconciler.text.quote import double_quoted
from reconciler.workflow.baseline import Baseline, first_problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import CauseFlags, NarrowingFlags


def baseline(
    flags: CauseFlags, config: Sequence[str], narrowing: NarrowingFlags, console: Console
) -> Baseline | None:
    """The configuration of ``--base``, else of the pull request's base in CI; None: neither is.

    Why it can't be read is a part of it. Raises UsageError for ``--only`` without a base.
    """
    ref = flags.base or _of_ci(console.environ)
    if ref is None:
        if flags.only is not None:
            raise UsageError(
                f"--only {flags.only} needs to know what was there before this change",
                hint="Give --base REF, such as --base origin/main.",
            )
        return None
    if ref.startswith("-"):
        raise UsageError(f"--base {double_quoted(ref)} is not the name of a revision")
    found = Baseline(ref=ref, narrowed=bool(narrowing.account))
    try:
        with console.working(f"Reading the configuration of {ref}"):
            commit, configuration = load_base(paths(config, console), ref, console.environ)
    except RevisionError as error:
        return found.without_causes(error.message)
    except ConfigError as error:
        return found.without_causes(first_problem(error))
    return found.at(commit, configuration)


def _of_ci(environ: Mapping[str, str]) -> str | None:
    """The base of the pull or merge request that is built; None where none is."""
    branch = environ.get("GITHUB_BASE_REF")
    return f"origin/{branch}" if branch else environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None
