"""What a text looks like to a reader: equal for those that nobody tells apart."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from reconciler.text.visible import BLANKS, has_no_width


@lru_cache(maxsize=65536)
def as_seen(name: str) -> str:
    """``name`` as it looks, character by character: equal for spellings that nobody tells apart.

    Case, width, accents, letters borrowed from other scripts and kinds of blanks, dashes and
    quotes are folded; what can't be seen is left out, a run of blanks is one space. Punctuation
    stays, and blanks do inside a name: "Lead hot" is not "Leadhot".
    """
    return " ".join(folded(name).split())


def skeleton(name: str) -> str:
    """What is left of ``name`` for a reader in a hurry: equal skeletons look alike.

    Coarser than :func:`as_seen`: spacing and punctuation are folded as well.
    """
    if name.isascii() and (kept := name.lower().translate(_DROPPED)):
        return kept
    return _skeleton(name)


_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}


@lru_cache(maxsize=65536)
def _skeleton(name: str) -> str:
    seen = folded(name)
    kept = "".join(character for character in seen if character.isalnum())
    # A name of punctuation or emoji alone would fold to nothing and look like every other one.
    return kept or "".join(seen.split())


def difference(name: str, other: str) -> str:
    """In what two names that look alike differ; the eye can't tell some of it."""
    one_folded, other_folded = name.casefold(), other.casefold()
    if one_folded == other_folded:
        return "case"
    if "".join(one_folded.split()) == "".join(other_folded.split()):
        return "spacing"
    for one, rest in ((name, other), (other, name)):
        for character in one:
            if not character.isascii() and character not in rest:
                said = unicodedata.name(character, "a character without a name")
                return f"a look-alike character: U+{ord(character):04X}, {said}"
    return "punctuation"


def folded(text: str) -> str:
    """``text`` without what nobody tells apart; blanks stay as they are."""
    if text.isascii() and text.isprintable():
        return text.lower()
    # Twice: mathematical letters get their case only by decomposition, and "ẞ" decomposes to
    # nothing before its case is folded.
    result = unicodedata.normalize("NFKD", text).casefold()
    result = unicodedata.normalize("NFKD", result).casefold().translate(_CONFUSABLE)
    return "".join(
        character
        for character in BLANKS.sub(" ", result).translate(_PUNCTUATION)
        if not has_no_width(character)
    )


# Letters of other scripts that look like a Latin one, after case folding. Digits are left as they
# are: "Tier 1" and "Tier l" are rarely meant to be one tag, and a false alarm costs attention.
_CONFUSABLE = str.maketrans(
    {
        # Cyrillic
        "а": "a", "в": "b", "е": "e", "һ": "h", "і": "i", "ј": "j", "к": "k", "м": "m", "н": "h",
        "о": "o", "р": "p", "с": "c", "т": "t", "у": "y", "х": "x", "ѕ": "s", "ԁ": "d", "ԛ": "q",
        "ԝ": "w", "ѵ": "v",
        # Greek
        "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o",
        "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ω": "w",
        # Latin letters that are not composed of one
        "ı": "i", "ɩ": "i", "ɡ": "g", "ɑ": "a", "ø": "o", "đ": "d", "ł": "l",
    }
)  # fmt: skip


_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u0060\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        "\u2044": "/",
        "\u2215": "/",
    }
)
