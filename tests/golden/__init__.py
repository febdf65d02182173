"""Whole-program cases: a configuration and live state give a plan, and applied, rest."""
