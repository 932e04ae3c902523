"""The public names of repro, loaded when they are first used: ``import repro`` costs no torch.

    import repro

    simsiam = repro.papers["simsiam"]
    run = repro.run("simsiam", seed=0, set={"budget.epochs": 4})
    run.metrics["linear"], run.curve("std"), run.encoder()
    repro.verdict("simsiam", "stop-gradient").state

Nothing prints unless asked. Whatever a person can mend raises a :class:`repro.errors.ReproError`. The command
line calls the same functions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repro.catalog.catalog import Catalog
from repro.catalog.claims import trained_claims
from repro.catalog.records.paper import Paper
from repro.errors import UsageError
from repro.evidence.encoder import SUFFIX, EncoderFacts, StoredEncoder, find_encoder
from repro.evidence.records import load_all
from repro.evidence.request import Request, resolve_request
from repro.evidence.run import Run, load_run
from repro.learning.data.count import count_images
from repro.metadata.find import find_paper
from repro.report.write import render, write_run
from repro.verdicts.campaign import Campaign, Limits, testable_claims
from repro.verdicts.verdict import Evidence, Verdict, judge_claim

if TYPE_CHECKING:
    from torch import nn

    from repro.learning.job import Job, Moment
    from repro.learning.library import PlainViews
    from repro.learning.methods.base import Method
    from repro.learning.use.encoder import TrainedEncoder

LINES = 20  # that a training prints with ``progress=True``


@dataclass(frozen=True)
class LoadedRun(Run):
    """A finished run: what was asked for and measured, its trained encoder, its report in a notebook."""

    def encoder(self) -> "TrainedEncoder":
        """The trained encoder, in eval mode on the CPU: from images to (B, width) float32 features.

        It takes PIL images, paths, uint8 arrays (H, W), (H, W, C), (C, H, W) or a batch of them, or a list of
        these, and resizes, crops and normalises them as the run's own evaluation did. Floats must be in
        [0, 1] and of its own size. ``.network`` is the bare module, to train on.

        Raises:
            RunError: the run is a record without a folder, or its weights are missing or damaged.
        """
        return encoder_in(self.folder)

    def _repr_html_(self) -> str:
        """The report of the run, in a frame of its own, for notebooks."""
        return f'<iframe srcdoc="{escape(render(self))}" width="100%" height="720"></iframe>'


@dataclass(frozen=True)
class LoadedEncoder:
    """A trained encoder in a file that has left its run."""

    stored: StoredEncoder

    @property
    def facts(self) -> EncoderFacts | None:
        """What the file says of itself; None for a file of an older run, beside its ``config.json``."""
        return self.stored.facts

    def encoder(self) -> "TrainedEncoder":
        """The encoder, as :meth:`LoadedRun.encoder` gives it. RunError if its weights are damaged."""
        return encoder_in(self.stored.file)


class Papers:
    """The papers of the catalog: by id, name or identifier, in a loop, counted; a table in a notebook."""

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog.load()

    def __getitem__(self, paper: str) -> Paper:
        return self._catalog.paper(find_paper(self._catalog, paper))

    def __iter__(self) -> Iterator[Paper]:
        return iter(self._catalog.papers)

    def __len__(self) -> int:
        return len(self._catalog.paper_ids)

    def __contains__(self, paper: object) -> bool:
        try:
            return isinstance(paper, str) and bool(find_paper(self._catalog, paper))
        except UsageError:
            return False

    def __repr__(self) -> str:
        return f"<{len(self)} papers in {self._catalog.root}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._catalog.paper_ids)

    def _repr_html_(self) -> str:
        rows = (f"<tr><td>{p.id}<td>{escape(p.title)}<td>{p.year}<td>{escape(p.idea.en)}</tr>" for p in self)
        heads = "<tr><th>id<th>title<th>year<th>idea</tr>"
        return f"<table><thead>{heads}</thead><tbody>{''.join(rows)}</tbody></table>"


papers = Papers()


def reported(**wanted: str) -> list[dict[str, Any]]:
    """The results that papers report, a row each, as ``pandas.DataFrame`` takes them.

    Args:
        **wanted: Keep rows whose column has this value, such as ``dataset="imagenet-1k"``,
            ``paper="simsiam"``, ``protocol="linear-probe@1"`` or ``backbone="resnet50"``. ``paper`` is who
            reports a number and ``of`` whose it is: ``of="byol"`` finds what BYOL's paper says of BYOL and
            what others say of it.

    Returns:
        Dicts with paper, id, of, task, dataset, split, protocol, metric, value (a number), unit, runs,
        spread, backbone, epochs, batch, note, place and mark (how sure the reading is).

    Raises:
        UsageError: there is no such column.

    Example:
        >>> import repro
        >>> rows = repro.reported(dataset="imagenet-1k", paper="simsiam")
        >>> {row["metric"] for row in rows}
        {'top1'}
        >>> sorted({row["of"] for row in rows})
        ['byol', 'moco-v2', 'simclr', 'simsiam', 'swav']
    """
    from repro.exports.table import reported_rows

    if "paper" in wanted:
        wanted["paper"] = find_paper(papers._catalog, wanted["paper"])
    return reported_rows(papers._catalog, wanted)


def run(
    paper: str,
    *,
    on: str | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,
    data: Path | str | None = None,
    device: str = "auto",
    threads: int = 0,
    out: Path | str | None = None,
    progress: bool = False,
    size: int | None = None,
    encoder: str | None = None,
    encoder_weights: Path | str | None = None,
) -> LoadedRun:
    """Train a paper's method on a benchmark, evaluate it, and write its report.

    Args:
        paper: A paper that has a recipe, by id, name, arXiv id, DOI or address.
        on: The benchmark; without it the paper's first.
        seed: Of the run; the same settings and seed on the same machine give the same numbers.
        set: Settings by dotted key, such as ``{"budget.epochs": 4}``; see ``repro show PAPER --config``.
        data: A folder or an archive of images. Image size, batch, epochs, warm-up and kNN's
            neighbours then follow from the images, unless ``set`` gives them.
            With ``on="cora"`` the file of that graph.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        threads: CPU threads; 0 takes one for each core.
        out: The run folder; without it one below ``runs/``.
        progress: Print about twenty lines as it trains.
        size: Pixels a side that the images of ``data`` are cut to.
        encoder: For ``data``: ``small_resnet``, ``resnet18``, ``resnet50``, or a network of timm by its name.
        encoder_weights: For ``data``: a file of published weights that the encoder begins with,
            safetensors or a checkpoint of torch.

    Returns:
        The run: ``.metrics``, ``.curve(name)``, ``.summary``, ``.encoder()``; shows its report in a notebook.

    Raises:
        UsageError: an unknown paper, benchmark or setting, or a value out of range.
        DataError, DeviceError, RunError, TrainingError: the data, the device, the folder, the numbers.
        MemoryShortageError: the network, the data or a batch need more memory than there is.

    Example:
        >>> import repro, tempfile
        >>> small = {"budget.epochs": 2, "data.placements": 1, "encoder.width": 4}
        >>> run = repro.run("simsiam", set=small, out=tempfile.mkdtemp())
        >>> run.finished, run.metrics["linear"] > 0.1
        (True, True)
        >>> import numpy as np
        >>> encoder = repro.load(run.folder / "encoder.safetensors").encoder()  # the file alone is enough
        >>> encoder(np.zeros((2, 30, 40, 3), np.uint8)).shape  # two pictures of 30 x 40 pixels
        torch.Size([2, 16])
    """
    folder, target, weights = (
        Path(place) if place is not None else None for place in (data, out, encoder_weights)
    )
    request = Request(
        find_paper(papers._catalog, paper),
        on,
        set or {},
        folder,
        device,
        threads,
        target,
        size,
        encoder,
        weights,
    )
    wanted = resolve_request(request, [seed], count_images)  # what is wrong is said before torch is loaded
    from repro.learning.start import start

    with start(wanted, seed) as job:
        if progress and (choices := wanted.choices(len(job.parts.dataset))):
            print(choices)  # noqa: T201 - asked for with progress=True
        return complete(job, _print if progress else None)


def complete(job: "Job", watch: "Callable[[Moment], None] | None" = None) -> LoadedRun:
    """Train what is left of a job, evaluate it and write its report; ``watch`` sees every step."""
    for moment in job.train():
        if watch is not None:
            watch(moment)
    job.finish()
    finished = _load_run(job.folder.path)
    write_run(finished)
    return finished


def _print(moment: "Moment") -> None:
    """A line for about every twentieth part of a training."""
    if moment.step % max(1, moment.steps // LINES) == 0 or moment.step == moment.steps:
        print(moment)  # noqa: T201 - asked for with progress=True


def load(path: Path | str) -> "LoadedRun | LoadedEncoder":
    """A finished run from its folder, or a trained encoder from its file alone; both have ``.encoder()``.

    Args:
        path: A folder that ``repro run`` or :func:`run` made, or an ``encoder.safetensors`` that has left it.

    Returns:
        The run: ``.metrics``, ``.curve(name)``, ``.summary``, ``.encoder()``. Of a file: ``.encoder()``, and
        ``.facts``, which say what it is and where it comes from.

    Raises:
        RunError: it is missing, damaged, unfinished, or of another format.
    """
    if Path(path).suffix == SUFFIX and not Path(path).is_dir():
        return LoadedEncoder(find_encoder(Path(path)))
    return _load_run(Path(path))


def _load_run(folder: Path) -> LoadedRun:
    read = load_run(folder)
    return LoadedRun(**{field.name: getattr(read, field.name) for field in fields(read)})


def encoder_in(path: Path) -> "TrainedEncoder":
    """The trained encoder of a run folder, or of a file. RunError if it is not there."""
    from repro.learning.library import encoder_of

    return encoder_of(path)


def verdict(paper: str, claim: str) -> Verdict:
    """What the evidence in the catalog says of a trained claim, by the claim's own rule; trains nothing.

    Args:
        paper: A paper by id, name, arXiv id, DOI or address.
        claim: The id of one of its trained claims.

    Returns:
        The verdict: ``.state`` (``supported``, ``contradicted``, ``not run`` ...), ``.findings``, ``.arms``.

    Raises:
        UsageError: there is no such paper, or no such trained claim.

    Example:
        >>> import repro
        >>> repro.verdict("simsiam", "stop-gradient").claim.place
        'Sec. 4.1 and Fig. 2'
    """
    catalog = papers._catalog
    paper = find_paper(catalog, paper)
    chosen = next(iter(trained_claims(catalog, paper, [claim])), None)
    if chosen is None:
        raise UsageError(f"{paper}/{claim} is an identity; `repro verify {paper} --exact` checks it.")
    evidence = Evidence(load_all(catalog.root), catalog.same_code)
    return judge_claim(catalog, chosen.paper, chosen.claim, evidence)


def verify(
    paper: str, claim: str, *, seeds: int | None = None, jobs: int = 0, progress: bool = False
) -> Verdict:
    """Make the runs that a trained claim asks for and nobody made yet, below ``runs/claims``, and judge it.

    Args:
        paper: A paper by id, name, arXiv id, DOI or address.
        claim: The id of one of its trained claims that has a test.
        seeds: Runs an arm; without it what the claim asks for. Fewer are at best leaning.
        jobs: Runs at a time; 0 takes one for each core.
        progress: Print a line as each run ends.

    Returns:
        The verdict with the runs there are; a run that failed is missing from it.

    Raises:
        UsageError: the claim is unknown or has no test, or more seeds are asked for than it plans.
    """
    campaign = Campaign(
        testable_claims(find_paper(papers._catalog, paper), [claim], seeds), Limits(seeds, jobs)
    )
    for done in campaign.run():
        if progress:
            print(done.planned.paper, done.planned.seed, done.fault or "finished")  # noqa: T201 - asked for
    (judged,) = campaign.verdicts()
    return judged


def method(paper: str, *, encoder: "nn.Module", width: int | None = None, **settings: Any) -> "Method":
    """A paper's method around your encoder: an ``nn.Module`` with the loss, at the paper's own settings.

    Args:
        paper: A paper whose method is implemented, such as ``byol``.
        encoder: A module from a batch to features (B, width), or (B, width, 1, 1).
        width: The length of a feature vector, unless the encoder has an attribute ``width``.
        **settings: The method's keyword arguments, such as ``dim=256``.

    Returns:
        A :class:`repro.learning.methods.base.Method`: ``loss(views, progress)``, ``parameter_groups()``,
        ``after_step(progress)`` after each step of the optimiser, ``encode(batch)``.

    Raises:
        UsageError: the paper has no method here, the width is not known, or a setting does not fit.
    """
    from repro.learning.library import method_of

    return method_of(find_paper(papers._catalog, paper), encoder, width, settings)


def views(paper: str, *, on: str | None = None, size: int | None = None, channels: int = 3) -> "PlainViews":
    """The augmentations of a paper's recipe as a function from a batch of images to a list of views.

    Args:
        paper: A paper that has a recipe.
        on: The benchmark whose recipe is meant; without it the paper's first.
        size: Pixels a side of the views, if not those of the benchmark.
        channels: Of the images, where ``size`` is given.

    Returns:
        A callable: images (B, C, H, W), uint8 or float32 in [0, 1], and an optional ``torch.Generator`` to a
        list of float32 tensors (B, C, size, size).

    Raises:
        UsageError: there is no such paper or recipe, or its augmentations do not fit the channels.
    """
    from repro.learning.examples import Image
    from repro.learning.library import views_of

    return views_of(
        find_paper(papers._catalog, paper), on, Image(channels, size) if size is not None else None
    )
