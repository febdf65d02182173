"""Stand-ins that behave, instead of mocks that are told what to say."""
