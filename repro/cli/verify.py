"""The verbs on claims: verify and judge. Imports stand in the verbs."""

from pathlib import Path
from typing import Annotated

import typer

from repro.cli.completion import papers
from repro.cli.options import NAMED, AsJson, Claims, OptionalPaper, paper_id, require_page
from repro.errors import UsageError


def verify(
    paper: Annotated[
        str | None, typer.Argument(help=f"{NAMED}; --exact also goes without.", autocompletion=papers)
    ] = None,
    claims: Claims = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Only identities that follow from the equations; no training.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="With --exact: repeat an earlier draw of random numbers.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, max=20, help="Runs an arm; without it what each claim asks for.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time; 0 = one for each core.")] = 0,
    budget: Annotated[
        float | None, typer.Option(min=0, metavar="MINUTES", help="Begin no run that would end later.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make every run on this machine, whatever the catalog keeps.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the runs in the catalog as evidence.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="The page with the verdicts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Test what papers claim: identities at once, trained claims by the runs they need, then the verdicts.

    Exit status 1 if an identity is broken or a run failed; a claim that is not supported is a result.
    """
    from repro.cli import console

    console.out.stderr = as_json
    training: dict[str, object] = {"--seeds": seeds, "--jobs": jobs, "--budget": budget, "--anew": anew}
    training |= {"--record": record, "--out": out}
    if exact:
        if unfit := next((name for name, value in training.items() if value), None):
            raise UsageError(f"{unfit} is about training, and --exact trains nothing; leave one of them out.")
        from repro.cli.identities import verify_exact

        sound = verify_exact(paper and paper_id(paper), claims or [], seed, as_json=as_json)
    else:
        from repro.cli.verdicts import verify_trained
        from repro.verdicts.campaign import Limits

        require_page(out)
        named = paper_id(_trainable(paper, seed))
        limits = Limits(seeds, jobs, budget, anew)
        clean = not record or _is_clean()
        sound = verify_trained(
            named, claims or [], limits, keep=record, clean=clean, page=out, as_json=as_json
        )
    if not sound:
        raise typer.Exit(1)


def _is_clean() -> bool:
    """True if the git working tree is clean."""
    from repro.files import source_state

    return source_state()[1] is False


def _trainable(paper: str | None, seed: int | None) -> str:
    """The paper whose claims are to be trained. UsageError if none is named, or a draw is to be repeated."""
    if seed is not None:
        raise UsageError("--seed repeats a draw of --exact; trained claims take --seeds N, how many.")
    if paper is None:
        raise UsageError(
            "name a paper, as in `repro verify simsiam`: all trained claims together take hours; "
            "identities of all papers take seconds with --exact."
        )
    return paper


def judge(
    paper: OptionalPaper = None,
    claims: Claims = None,
    as_json: AsJson = False,
) -> None:
    """Say what the kept evidence makes of trained claims, by each claim's own rule. Trains nothing."""
    from repro.cli.verdicts import judge_kept

    judge_kept(paper and paper_id(paper), claims or [], as_json=as_json)
