"""The command line: arguments, environment, streams, signals, exit codes; and nothing else.

One file a family of commands, each with a ``run(args, console)`` that returns an exit code. What
belongs here: what the user typed and sees. What does not: decisions about tags, requests, formats.
Whatever is slow to import is imported by the command that needs it: ``--help`` must not pay.
"""
