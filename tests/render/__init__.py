"""Renderers: golden text for each sink, and hostile text through all of them."""
