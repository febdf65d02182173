"""From desired and live state to a plan: matching, renames, differences, guards, order.

All of it is pure: values in, values out, the same for the same input. What belongs here: every
decision about what will be done. What does not: reading, writing, asking, printing, clocks.
"""

from reconciler.planning.assemble import assemble
from reconciler.planning.draft import Draft, draft
from reconciler.planning.guard import guard
from reconciler.planning.narrowing import Narrowing

__all__ = ["Draft", "Narrowing", "assemble", "draft", "guard"]
