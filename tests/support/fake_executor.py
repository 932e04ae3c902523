"""An executor that starts no process."""

from concurrent.futures import Future
from pathlib import Path

from repro.evidence.folder import RunFolder
from repro.evidence.plan import PlannedRun
from repro.evidence.run import Config, load_run
from repro.evidence.workers import Done
from tests.support.fake_run import finish


class InProcess:
    """Makes every run at once, in this process, as ``fake_run`` would, and counts what is asked of it."""

    def __init__(self) -> None:
        self.submitted: list[PlannedRun] = []
        self.stops = 0

    def submit(self, planned: PlannedRun, folder: Path) -> Future[Done]:
        self.submitted.append(planned)
        run = RunFolder(folder)
        run.create()
        names = ("paper", "benchmark", "seed", "digest", "code", "overrides")
        config = Config(**{name: getattr(planned, name) for name in names})
        run.write(config)
        finish(run, config)
        future: Future[Done] = Future()
        future.set_result(Done(planned, load_run(folder)))
        return future

    def stop(self) -> None:
        self.stops += 1
