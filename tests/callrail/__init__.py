"""Tests of the API scenario, over real sockets on loopback.

``wire_server`` answers what a test tells it, byte by byte if need be; ``tag_server`` is a small
CallRail in memory on top of it; ``clients`` builds what is under test. Time is faked: nothing here
sleeps but the few tests that measure time.
"""
