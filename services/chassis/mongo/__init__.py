"""The one room that names the driver: a database whose calls join the transaction they are made in."""

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.chassis.mongo.collection import Bucket, Collection, QueryTooLong, asked_for
from services.chassis.mongo.database import Database, StoreAway, patiently
from services.chassis.mongo.documents import OPTIONS, Document, Filter, Sort, from_bson, to_bson

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "OPTIONS",
    "Bucket",
    "Collection",
    "Database",
    "Document",
    "DuplicateKeyError",
    "Filter",
    "IndexModel",
    "PyMongoError",
    "QueryTooLong",
    "Sort",
    "StoreAway",
    "asked_for",
    "from_bson",
    "patiently",
    "to_bson",
]
