"""The end of a run: what its own job measures, and what the data set is compared with besides."""

from dataclasses import replace

from repro.evidence.run import Scores, Summary
from repro.learning.data.base import Dataset
from repro.learning.data.graphs import NodeGraph
from repro.learning.evaluate import encoded, probe
from repro.learning.job import Job

IMAGE = "image"  # what an example is called where its data set does not say


def finish(job: Job) -> Summary:
    """Finish a job; its summary then has every baseline there is, in the words of its data set."""
    dataset = job.parts.dataset
    propagated = _propagated(job)  # first, so that the summary is complete as soon as it is called finished
    summary = job.finish()
    unit = unit_of(dataset)
    if unit == IMAGE and not propagated:
        return summary
    complete = replace(
        summary,
        baselines=replace(summary.baselines, propagated=propagated),
        data=replace(summary.data, unit=unit),
        diagnosis=replace(summary.diagnosis, sentence=summary.diagnosis.sentence.replace(IMAGE, unit)),
    )
    job.folder.write(complete)
    return complete


def unit_of(dataset: Dataset) -> str:
    """What a data set calls an example."""
    return str(getattr(dataset, "unit", IMAGE))


def _propagated(job: Job) -> Scores:
    """The probes on features that were averaged over the edges of a graph; nothing for other data."""
    dataset = job.parts.dataset
    if not isinstance(dataset, NodeGraph):
        return {}
    return probe(encoded(dataset, dataset.propagate), job.parts.probes)
