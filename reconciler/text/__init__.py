"""Words and characters, for every layer: what can't be seen, quotes, counts, guesses, look-alikes.

It knows nothing of tags, of files or of where a text is shown.
"""
