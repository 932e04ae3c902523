"""`repro track`, and the tracker that `repro run --track` starts beside a training."""

from pathlib import Path
from typing import Annotated

import typer

from repro.errors import UsageError

Track = Annotated[
    str | None,
    typer.Option("--track", help="Show the run in wandb, trackio or tensorboard as it trains."),
]


def track(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, or folders of them.")],
    to: Annotated[str, typer.Option("--to", help="wandb, trackio or tensorboard.")],
    project: Annotated[str, typer.Option("--project", help="The project there.")] = "repro",
    follow: Annotated[bool, typer.Option("--follow", help="Go on while the run trains.")] = False,
    after: Annotated[int, typer.Option("--after", min=0, hidden=True)] = 0,
) -> None:
    """Send runs to a tracker, from the files they wrote."""
    from repro.cli import console
    from repro.evidence.folder import find_runs
    from repro.evidence.track import require_tracker, send

    require_tracker(to)
    runs = find_runs(folders)
    if follow and len(runs) > 1:
        raise UsageError(f"--follow takes one run, and {len(runs)} are named")
    for folder in runs:
        steps = send(folder, to, project, after, follow=follow)
        console.say(f"{folder}: {steps} lines of metrics and the results sent to {to}")
