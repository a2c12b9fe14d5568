"""The `mentorship` command: `serve` runs one service; the rest is for operators."""

from typing import Annotated

import typer

from services.chassis.logs import keep_output_clean
from services.chassis.service import Role, serve
from services.identity.client_commands import client
from services.identity.commands import account
from services.identity.key_commands import keys
from services.identity.provider_commands import provider
from services.importing import projects
from services.operators import ServiceName, build
from services.operators.audit import audit
from services.operators.backup import backup
from services.operators.consumers import consumers
from services.operators.dead_letters import dead_letters
from services.operators.doctor import doctor
from services.operators.events import events
from services.operators.outbox import outbox
from services.operators.prepare import prepare
from services.operators.projections import projections
from services.operators.topics import topics
from services.stipends.commands import ledger, payees, payments

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
app.add_typer(account, name="account")
app.add_typer(audit, name="audit")
app.add_typer(backup, name="backup")
app.add_typer(client, name="client")
app.add_typer(consumers, name="consumers")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(events, name="events")
app.add_typer(keys, name="keys")
app.add_typer(ledger, name="ledger")
app.add_typer(outbox, name="outbox")
app.add_typer(payees, name="payees")
app.add_typer(payments, name="payments")
app.add_typer(projections, name="projections")
app.add_typer(projects, name="projects")
app.add_typer(provider, name="provider")
app.add_typer(topics, name="topics")
app.command("doctor")(doctor)
app.command("prepare")(prepare)


@app.callback()
def mentorship() -> None:
    """Mentorship: paid mentorships in open source."""
    keep_output_clean()


@app.command("serve")
def serve_service(service: ServiceName, role: Annotated[Role, typer.Option()] = Role.ALL) -> None:
    """Run one service until SIGTERM; its settings come from the environment."""
    serve(build(service), role)


if __name__ == "__main__":
    app()
