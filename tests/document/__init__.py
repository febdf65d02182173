"""Documents: what is written, and what is refused when it is read."""
