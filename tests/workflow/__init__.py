"""The order of things, against fakes."""
