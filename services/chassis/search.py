"""How text is found: by folded words, by their beginnings, and past one slip of the finger; in pages, best first.

Whoever wants to be found keeps documents of which `titles` are the words that count most, `words` all of them, and
`near` what `near` gives of the titles.
"""

import asyncio
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from services.chassis.mongo import Collection, Document, IndexModel
from services.chassis.paging import Malformed, PageRequest

MOST_WORDS: Final = 400
"""Different words of a text by which it is found; the rest is not looked at."""
INDEXES: Final = (IndexModel([("words", 1)]), IndexModel([("near", 1)]))
NOTHING: Final[Document] = {"_id": ""}
MOST_GROUPS: Final = 2
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The instant of a list that time alone does not change, so that the same page has the same cursor, and ETag."""
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


def words_to_find(titles: Iterable[str], texts: Iterable[str]) -> Document:
    """Lay out by which words something is found."""
    first = words(titles)
    return {
        "titles": first,
        "words": list(dict.fromkeys([*first, *words(texts)])),
        "near": sorted({key for word in first for key in near(word)}),
    }


def values_to_find(names: Iterable[str]) -> list[Document]:
    """Lay out values that are asked for whatever their case, each with a way to write it."""
    return [{"key": key, "name": name} for key, name in {fold(name): name for name in names}.items()]


def beginning(word: str) -> Document:
    return {"$regex": f"^{re.escape(word)}"}


def fitting(word: str, *, is_known: bool) -> Document:
    """Say how a word may fit: at the beginning of a word, or past a slip."""
    return {"words": beginning(word)} if is_known else {"near": {"$in": sorted(near(word))}}


async def text_to_find(documents: Collection, text: str | None, seen: Document) -> tuple[list[Document], list[str]]:
    """Say what must hold of what is found by a text, and which of its words are no slips.

    A word with which no word begins that the reader may find is a slip.
    """
    if not text:
        return [], []
    asked = words([text])
    found = await asyncio.gather(*(_is_known(documents, word, seen) for word in asked))
    ways = [fitting(word, is_known=is_known) for word, is_known in zip(asked, found, strict=True)]
    known = [word for word, is_known in zip(asked, found, strict=True) if is_known]
    return [{"$and": ways} if ways else NOTHING], known


async def _is_known(documents: Collection, word: str, seen: Document) -> bool:
    return await documents.find_one({**seen, "words": beginning(word)}, {"_id": 1}) is not None


@dataclass(frozen=True)
class Order:
    """A key that no two documents share, and the way it goes."""

    key: str
    way: int
    made: Mapping[str, Any] = field(default_factory=dict)
    """How it is made where it is not stored."""


@dataclass(frozen=True)
class Group:
    """Some of what is wanted, in its order; a sort is one group after the other."""

    where: Mapping[str, Any]
    order: Order


def by_fit(known: Sequence[str], order: Order) -> Order:
    """Put first what has all known words whole in its titles, then beginnings of words there, then the rest.

    Among each goes `order`, by a text from the last to the first. One pass over what fits is enough.
    """
    if not known:
        return order
    whole = [{"$in": [word, "$titles"]} for word in known]
    fit = {"$cond": [{"$and": whole}, "2", {"$cond": [{"$and": [_begins(word) for word in known]}, "1", "0"]}]}
    return Order("fit", -1, {"$concat": [fit, "/", f"${order.key}"]})


def _begins(word: str) -> Document:
    return {"$anyElementTrue": [{"$map": {"input": "$titles", "in": {"$eq": [{"$indexOfCP": ["$$this", word]}, 0]}}}]}


@dataclass(frozen=True)
class Place:
    """Where a page begins: after a key in a group, with everything as it was when the first page was asked for."""

    group: int
    after: str | None
    at: datetime

    @classmethod
    def of(cls, request: PageRequest, sort: str, now: datetime = ALWAYS) -> "Place":
        if request.before is None:
            return cls(0, None, now)
        try:
            of_sort, group, after, at = json.loads(request.before)
            if of_sort == sort and group in range(MOST_GROUPS) and isinstance(after, str):
                return cls(group, after, datetime.fromtimestamp(at / 1000, UTC))
        except (ValueError, TypeError, OverflowError, OSError):
            pass
        raise Malformed("The cursor belongs to another list or another sort. Begin without one.")

    def cursor(self, sort: str) -> str:
        return PageRequest.cursor_at(json.dumps([sort, self.group, self.after, round(self.at.timestamp() * 1000)]))


async def page(
    documents: Collection, where: Sequence[Document], groups: Sequence[Group], place: Place, *, sort: str, limit: int
) -> tuple[list[str], str | None]:
    """Give the ids of a page, and the cursor of the next; what `text_to_find` said is the last of `where`."""
    found: list[tuple[int, Document]] = []
    for number in range(place.group, len(groups)):
        after = place.after if number == place.group else None
        rows = await rows_of(documents, where, groups[number], after, limit + 1 - len(found))
        found += [(number, row) for row in rows]
        if len(found) > limit:
            break
    items = found[:limit]
    more = len(found) > limit
    cursor = Place(items[-1][0], items[-1][1]["key"], place.at).cursor(sort) if more else None
    return [row["_id"] for _, row in items], cursor


async def rows_of(
    documents: Collection, where: Sequence[Document], group: Group, after: str | None, most: int
) -> list[Document]:
    order = group.order
    rest = [{order.key: {"$gt" if order.way > 0 else "$lt": after}}] if after is not None else []
    clauses = [*where, *([group.where] if group.where else [])]
    if not order.made:
        clauses += rest
    stages: list[Document] = [{"$match": {"$and": clauses}}]
    if order.made:
        stages += [{"$project": {order.key: order.made}}, *({"$match": clause} for clause in rest)]
    stages += [{"$sort": {order.key: order.way}}, {"$limit": most}, {"$project": {"key": f"${order.key}"}}]
    return await documents.aggregate(stages, by=index_for(where[-1]))


def index_for(text: Document) -> str | None:
    """Name the index of a text of three letters or more: few documents have it, and the store would have to guess."""
    ways_of_words = text.get("$and", [])
    if any(len(way["words"]["$regex"]) > 3 for way in ways_of_words if "words" in way):
        return "words_1"
    return "near_1" if any(way.get("near", {}).get("$in") for way in ways_of_words) else None
