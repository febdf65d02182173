"""``python -m reconciler.sandbox``: the sandbox by itself."""

from __future__ import annotations

import argparse

from reconciler.sandbox.command import add_arguments, options_from
from reconciler.sandbox.serving import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="sandbox")
    add_arguments(parser)
    serve(options_from(parser.parse_args()))
