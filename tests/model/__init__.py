"""The values that every stage speaks in."""
