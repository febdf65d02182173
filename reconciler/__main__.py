"""``python -m reconciler`` is the installed command."""

from reconciler.cli.entry import entry

if __name__ == "__main__":
    entry()
