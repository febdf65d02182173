"""Values to text, one file a sink: terminal, Markdown, HTML, tables, CI systems.

What belongs here: layout, wording, and making every foreign string safe for its sink (``escape`` is
the one place that knows how). What does not: I/O, clocks, third-party packages, and decisions; a
renderer shows what the values say. Every function is pure: the same value gives the same text.
"""
