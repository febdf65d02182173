"""Configuration-as-code for CallRail call tags: describe in YAML, review the plan, apply it.

Data goes one way: ``config`` and ``callrail`` give desired and live state, ``planning`` makes a
plan of them, ``apply`` carries it out, ``document`` and ``render`` write it down, ``workflow``
knows the order and ``cli`` the user. Who may import whom is law and checked: see
``pyproject.toml``.
"""

__version__ = "0.1.0"
