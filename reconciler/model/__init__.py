"""The values that every stage speaks in: tags, places, state, changes, plans, outcomes.

Frozen dataclasses and enums of the standard library only. What belongs here: what a stage hands to
the next. What does not: reading or writing anything, clocks, payloads of the API, YAML, rendering.
A bad value is refused when it is built.
"""
