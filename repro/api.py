"""The public names of repro, loaded when they are first used: ``import repro`` costs no torch.

    import repro

    simsiam = repro.papers["simsiam"]
    run = repro.run("simsiam", seed=0, set={"budget.epochs": 4})
    run.metrics["linear"], run.curve("std")
    repro.verdict("simsiam", "stop-gradient").state

Nothing prints unless asked. Whatever a person can mend raises a :class:`repro.errors.ReproError`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from repro.evidence.run import RunView, load_run
from repro.report.write import write_run

if TYPE_CHECKING:
    from repro.learning.job import Job, Moment


def complete(job: "Job", watch: "Callable[[Moment], None] | None" = None) -> RunView:
    """Train what is left of a job, evaluate it and write its report; ``watch`` sees every step."""
    for moment in job.train():
        if watch is not None:
            watch(moment)
    job.finish()
    run = load_run(job.folder.path)
    write_run(run)
    return run
