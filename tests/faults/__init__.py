"""The promises held under everything that can go wrong, over real sockets where it matters.

Every test here compares what the command says with what the sandbox saw: its log of requests, its
store of tags. Each one is listed in ``tests/README.md`` beside the promise that it holds.
"""
