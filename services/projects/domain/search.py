"""How text is found: by folded words, by their beginnings, and past one slip of the finger."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MOST_WORDS: Final = 400
"""Different words of a text by which it is found; the rest is not looked at."""
_WORD: Final = re.compile(r"[^\W_]+[+#]*")
_LONGEST: Final = 40


def fold(text: str) -> str:
    """Make alike what reads alike: case, accents, width."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def words(texts: Iterable[str]) -> list[str]:
    """Give the different words in their order; `C++` and `C#` are words too."""
    found = (word[:_LONGEST] for text in texts for word in _WORD.findall(fold(text)))
    return list(dict.fromkeys(found))[:MOST_WORDS]


def near(word: str) -> frozenset[str]:
    """Give the word, and it with each letter left out in turn.

    Two words share one of these where a letter was left out, added, exchanged, or swapped with its neighbor (the
    deletion index of SymSpell). Of words under four letters too much would be alike: they have none.
    """
    if len(word) < 4:
        return frozenset()
    return frozenset({word, *(word[:at] + word[at + 1 :] for at in range(len(word)))})
