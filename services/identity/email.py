"""E-mail addresses: checked without asking the network, lower case, one spelling."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

LONGEST = 254


def proper(address: str) -> str:
    """Give the address as it is kept. Raises `ValueError` with what is wrong with it."""
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


def normalized(address: str) -> str:
    """Give the address as it would be kept; what is none belongs to nobody."""
    try:
        return proper(address[: 2 * LONGEST])
    except ValueError:
        return ""


Address = Annotated[
    str,
    Field(max_length=LONGEST, json_schema_extra={"format": "email"}, examples=["ada@example.org"]),
    AfterValidator(proper),
]
