"""The `mentorship` command: `serve` runs one service; the rest is for operators."""

import importlib
from enum import StrEnum
from typing import Annotated

import typer

from services.chassis.service import Role, serve
from services.identity.commands import account

app = typer.Typer(no_args_is_help=True, help="Mentorship: paid mentorships in open source.", add_completion=False)
app.add_typer(account, name="account")


class ServiceName(StrEnum):
    IDENTITY = "identity"
    PROJECTS = "projects"
    APPLICATIONS = "applications"
    STIPENDS = "stipends"


@app.command("serve")
def serve_service(service: ServiceName, role: Annotated[Role, typer.Option()] = Role.ALL) -> None:
    """Run one service until SIGTERM; its settings come from the environment."""
    rooms = importlib.import_module(f"services.{service}.app")
    serve(rooms.build(rooms.Settings.from_environment()), role)


if __name__ == "__main__":
    app()
