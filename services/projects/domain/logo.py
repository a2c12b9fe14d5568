"""A project's logo: a picture, written anew."""

from services.chassis.domain import NotFound


class LogoUnknown(NotFound):
    """The project has no logo."""
