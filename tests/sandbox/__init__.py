"""The look-alike itself, spoken to in plain HTTP: it shares nothing with the client."""
