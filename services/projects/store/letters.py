"""The mails that projects sends."""

from pathlib import Path
from typing import Final

from contracts.projects import MemberRole
from services.chassis.mail import Letter, Letters
from services.projects.domain.project import Project

LETTERS: Final = Letters(Path(__file__).parents[1] / "mails")


def invitation(project: Project, role: MemberRole, email: str, *, token: str, public_url: str) -> Letter:
    link = f"{public_url}/mentor-invitation?token={token}"
    return LETTERS.write(f"{role}_invitation", email, project=project, link=link)


def about(project: Project, name: str, email: str, *, public_url: str, path: str = "", **words: object) -> Letter:
    """Write to somebody about a project, with a link to it or to a part of it."""
    return LETTERS.write(name, email, project=project, link=f"{public_url}/v1/projects/{project.slug}{path}", **words)
