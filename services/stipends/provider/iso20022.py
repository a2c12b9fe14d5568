"""ISO 20022: files from the bank, read only as far as they fit the schema they claim to have."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from xmlschema import XMLResource, XMLSchema
from xmlschema.exceptions import XMLSchemaException

from services.chassis.domain import RuleBroken

SPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"


class FileNotValid(RuleBroken):
    """The file is not what ISO 20022 says."""


def read(content: bytes, known: Mapping[str, str], report: str) -> Mapping[str, Any]:
    """Read this report out of a file of one of the kinds known, each by its schema. Raises `FileNotValid`."""
    name = next((name for name in known if (SPACE + name).encode() in content[:2000]), None)
    if name is None:
        raise FileNotValid(f"Send what the bank says as {' or '.join(known)}.")
    try:
        text = content.decode()
        source = text if known[name] == name else _as(text, name, known[name])
        document: Any = schema(known[name]).to_dict(source, strip_namespaces=True)
    except (XMLSchemaException, ET.ParseError, UnicodeDecodeError) as error:
        raise FileNotValid(f"The file does not fit {name}: {place(error)}.") from None
    said: Mapping[str, Any] = document[report]
    return said


def _as(text: str, name: str, other: str) -> ET.Element:
    """Give a file as if it were of the other kind, without the original transaction, in which kinds differ."""
    root: ET.Element = XMLResource(text, defuse="always", allow="none").root
    for element in tuple(root.iter()):
        element.tag = element.tag.replace(SPACE + name, SPACE + other)
        for below in element.findall(f"{{{SPACE}{name}}}OrgnlTxRef"):
            element.remove(below)
    return root


@cache
def schema(name: str) -> XMLSchema:
    """Read a schema once; no entity, no address outside is followed."""
    return XMLSchema(files(__package__).joinpath("schemas", f"{name}.xsd").read_text(), defuse="always", allow="none")


def place(error: Exception) -> str:
    """Say where, never what: it may be an account."""
    return str(getattr(error, "path", None) or type(error).__name__)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
