"""Whether a part of the platform is ready: it answers 200, or its wrapper has left its mark."""

from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from deploy.local.layout import Folder
from deploy.local.parts import Part

OK: Final = 200


def is_ready(part: Part, folder: Folder, pid: int) -> bool:
    return answers(part.health) if part.health else marked(folder, part.name, pid)


def answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def marked(folder: Folder, name: str, pid: int) -> bool:
    """The mark holds the pid, so that one left by a killed wrapper does not count."""
    try:
        return (folder.ready / name).read_text() == str(pid)
    except FileNotFoundError:
        return False
