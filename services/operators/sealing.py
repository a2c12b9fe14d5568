"""What an operator is told of a renewal of seals."""

import typer

from services.chassis.seals import Renewed


def tell(renewed: Renewed) -> None:
    """Say how many were sealed anew; ends with 1 where something opens with neither key."""
    for place in renewed.broken:
        typer.echo(f"{place}: opens with neither key, and stays as it is.", err=True)
    if renewed.broken:
        typer.echo(f"{renewed.count} sealed anew.")
        raise typer.Exit(1)
    typer.echo(f"{renewed.count} sealed anew. Nothing is left that only the other key opens.")
