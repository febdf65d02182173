"""Live state as configuration, for people to read and change: what ``import`` prints.

What belongs here: which entries say what is live (:mod:`~reconciler.export.grouping`), and how they
are written so that nothing in them acts on anything. What does not: HTTP, files, planning.
"""
