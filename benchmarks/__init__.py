"""How fast the installed command is, beside octoDNS and a bare client; `make bench` runs it.

Whole processes are measured, side by side and taking turns, on work of the same size. Nothing here
is part of the product, and the product imports nothing of it. ``screenshots.py`` measures nothing:
it takes the README's pictures of the same installed command.
"""
