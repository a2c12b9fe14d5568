"""What `make run` shows: a line for each part while it starts, then where to go."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from deploy.local.addresses import Addresses
from deploy.local.seed import SignIn

WIDTH = 14


class Progress:
    """Live lines in a terminal; elsewhere one plain line for each part when it is ready."""

    def __init__(self, console: Console, names: list[str]) -> None:
        self.console = console
        self.began = monotonic()
        self.took: dict[str, float | None] = dict.fromkeys(names)

    def table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for name, seconds in self.took.items():
            waiting = seconds is None
            mark = Spinner("dots", style="cyan") if waiting else Text("✓", style="green")
            table.add_row(mark, name.ljust(WIDTH), "starting" if waiting else f"ready after {seconds:.1f} s")
        return table

    @contextmanager
    def shown(self) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with Live(get_renderable=self.table, console=self.console, refresh_per_second=12):
            yield

    def ready(self, name: str) -> None:
        self.took[name] = monotonic() - self.began
        if not self.console.is_terminal:
            self.console.print(f"{name.ljust(WIDTH)} ready after {self.took[name]:.1f} s")


def show_addresses(console: Console, at: Addresses, sign_ins: tuple[SignIn, ...], keys: Mapping[str, str]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("Front page", f"[bold cyan]{at.gateway}/[/]")
    table.add_row("Mailbox", f"[cyan]{at.mailbox}/[/]")
    for person in sign_ins:
        table.add_row(f"Sign in as {person.who}", f"{person.email}   {person.password}")
        if key := keys.get(person.email):
            table.add_row("", f"[dim]key for an authenticator app: {key}[/]")
    console.print()
    console.print(table, soft_wrap=True)
    console.print(
        "\nCtrl-C stops everything. To see a whole mentorship pass by, in a second terminal: [bold]make demo[/]"
    )
