"""`python -m deploy.local run`: what `make run` calls."""

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def local() -> None:
    """The embedded platform."""


@app.command()
def run() -> None:
    """Start everything here, and stay until Ctrl-C."""
    from deploy.local.run import run as start  # noqa: PLC0415  the other commands need not load it

    start()


@app.command()
def demo() -> None:
    """Play one mentorship against the platform that runs here."""
    from deploy.local.demo import demo as play  # noqa: PLC0415  the other commands need not load it

    play()


if __name__ == "__main__":
    app()
