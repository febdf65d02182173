"""One file a command: its name, flags and examples; what it does is imported when it runs.

``--help`` and completion read these files, so that they import nothing that is slow.
"""
