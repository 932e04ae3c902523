"""The rules for what a paper's entry holds, and for the papers and claims it refers to."""

from collections.abc import Iterable, Iterator

from repro.catalog.catalog import Catalog
from repro.catalog.check.texts import count_chinese
from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper

ABSTRACT_WORDS, ABSTRACT_CHARACTERS = (60, 150), (80, 400)
IDEA_WORDS, IDEA_CHARACTERS = 40, 80
# What makes an entry complete, and where its absence is reported.
PARTS = ("links", "relations", "official", "reported", "claims")


def paper_faults(catalog: Catalog, paper: Paper, document: Document) -> Iterator[Fault]:
    """What one entry lacks, says twice, or refers to in vain."""
    yield from _lengths(paper, document)
    yield from _completeness(paper, document)
    yield from _chinese(paper, document)
    yield from _relations(catalog, paper, document)
    yield from _repetitions(paper, document)


ABSTRACT_LENGTH = Rule(
    "R032",
    "the abstract has 60 to 150 words in English and 80 to 400 characters in Chinese",
    why="Shorter does not say what was done and found; longer is not read on a page that shows many.",
    wrong=f"abstract:\n  en: {' '.join(['word'] * 59)}\n  zh: {'词' * 100}",
    right=f"abstract:\n  en: {' '.join(['word'] * 60)}\n  zh: {'词' * 100}",
)
IDEA_LENGTH = Rule(
    "R077",
    "the idea has at most 40 words in English and 80 characters in Chinese",
    why="It stands in tables and lists, one sentence a paper.",
    wrong=f"idea: {{en: {' '.join(['word'] * 41)}, zh: 在一侧停止梯度。}}",
    right="idea: {en: Stop the gradient on one side., zh: 在一侧停止梯度。}",
)


def _lengths(paper: Paper, document: Document) -> Iterator[Fault]:
    low, high = ABSTRACT_WORDS
    count = len(paper.abstract.en.split())
    if not low <= count <= high:
        text = f"the abstract has {count} words, expected {low} to {high}."
        yield document.fault(ABSTRACT_LENGTH, ("abstract", "en"), text)
    low, high = ABSTRACT_CHARACTERS
    count = count_chinese(paper.abstract.zh or "")
    if count and not low <= count <= high:
        text = f"the Chinese abstract has {count} characters, expected {low} to {high}."
        yield document.fault(ABSTRACT_LENGTH, ("abstract", "zh"), text)
    if (count := len(paper.idea.en.split())) > IDEA_WORDS:
        text = f"the idea has {count} words, expected one sentence of at most {IDEA_WORDS}."
        yield document.fault(IDEA_LENGTH, ("idea", "en"), text)
    if (count := count_chinese(paper.idea.zh or "")) > IDEA_CHARACTERS:
        text = f"the idea has {count} characters, expected one sentence of at most {IDEA_CHARACTERS}."
        yield document.fault(IDEA_LENGTH, ("idea", "zh"), text)


COMPLETE_ENTRY = Rule(
    "R034",
    "a full entry has every part, or names it under `gaps` with the reason",
    why="A reader cannot tell a part that was forgotten from one that does not exist.",
    wrong="depth: full\nofficial:\ngaps: {}",
    right="depth: full\nofficial:\ngaps: {official: The authors have not published their code.}",
)
TRUE_GAPS = Rule(
    "R035",
    "a gap names a part that is missing",
    why="A reason for a part that is there has been overtaken.",
    wrong="gaps: {links: None was found.}",
    right="gaps: {}",
)


def _completeness(paper: Paper, document: Document) -> Iterator[Fault]:
    missing = [part for part in PARTS if not getattr(paper, part) and part not in paper.gaps]
    for part in missing if paper.depth == "full" else ():
        text = (
            f"a full entry needs '{part}'; add it, say under `gaps` why it is missing, or set depth: short."
        )
        yield document.fault(COMPLETE_ENTRY, ("depth",), text)
    for part in paper.gaps:
        if part not in PARTS:
            text = f"'{part}' is no part that can be a gap; these can: {', '.join(PARTS)}."
            yield document.fault(TRUE_GAPS, ("gaps", part), f"{text}{nearest(part, PARTS)}", key=True)
        elif getattr(paper, part):
            text = f"'{part}' is there, so it is no gap; remove the line."
            yield document.fault(TRUE_GAPS, ("gaps", part), text, key=True)


CHINESE_TEXTS = Rule(
    "R036",
    "abstract and idea are there in Chinese too",
    why="Readers are bilingual; the Chinese pages fall back to English where this is missing.",
    wrong="idea: {en: Stop the gradient on one side.}",
    right="idea: {en: Stop the gradient on one side., zh: 在一侧停止梯度。}",
    severity="warning",
)


def _chinese(paper: Paper, document: Document) -> Iterator[Fault]:
    for part in ("abstract", "idea"):
        if getattr(paper, part).zh is None:
            text = f"the {part} has no Chinese text yet; add `zh:` if you can."
            yield document.fault(CHINESE_TEXTS, (part,), text, key=True)


RELATION_TARGET = Rule(
    "R023",
    "a relation leads to another paper of the catalog or to arxiv:<id>",
    why="A relation that leads nowhere is lost on both pages.",
    wrong="relations: [{type: simplifies, to: boyl}]",
    right="relations: [{type: simplifies, to: byol}]",
)
RELATION_EVIDENCE = Rule(
    "R024",
    "the evidence of a relation is a claim of the same paper",
    why="The page links the relation to the claim that tests it.",
    wrong="relations: [{type: simplifies, to: byol, evidence: work}]",
    right="relations: [{type: simplifies, to: byol, evidence: works}]",
)


def _relations(catalog: Catalog, paper: Paper, document: Document) -> Iterator[Fault]:
    claims = [claim.id for claim in paper.claims]
    for index, relation in enumerate(paper.relations):
        path = ("relations", index)
        if relation.to == paper.id:
            yield document.fault(RELATION_TARGET, (*path, "to"), "a paper has no relation to itself.")
        elif not relation.to.startswith("arxiv:") and relation.to not in catalog:
            text = f"there is no paper '{relation.to}'; for one that is not in the catalog write arxiv:<id>."
            close = nearest(relation.to, catalog.paper_ids)
            yield document.fault(RELATION_TARGET, (*path, "to"), f"{text}{close}")
        if relation.evidence is not None and relation.evidence not in claims:
            text = f"this paper has no claim '{relation.evidence}'; it has {', '.join(claims) or 'none'}."
            close = nearest(relation.evidence, claims)
            yield document.fault(RELATION_EVIDENCE, (*path, "evidence"), f"{text}{close}")


LISTED_ONCE = Rule(
    "R019",
    "a list names each thing once",
    why="The second mention says nothing and was probably meant to be something else.",
    wrong="tags: {family: [contrastive, contrastive]}",
    right="tags: {family: [contrastive]}",
)
UNIQUE_IDS = Rule(
    "R029",
    "ids are unique within a list",
    why="Claims name reported values, and recipes name settings, by these ids.",
    wrong="claims:\n"
    "  - {id: works, kind: trained, statement: It works., place: Fig. 2}\n"
    "  - {id: works, kind: trained, statement: It works without a predictor., place: Fig. 3}",
    right="claims:\n"
    "  - {id: works, kind: trained, statement: It works., place: Fig. 2}\n"
    "  - {id: works-without-predictor, kind: trained, statement: It works without., place: Fig. 3}",
)


def _repetitions(paper: Paper, document: Document) -> Iterator[Fault]:
    for section in ("settings", "reported", "claims"):
        for index in _places_of_repeats(item.id for item in getattr(paper, section)):
            text = f"id '{getattr(paper, section)[index].id}' is used twice in {section}."
            yield document.fault(UNIQUE_IDS, (section, index, "id"), text)
    lists = {("tags", name): values for name, values in paper.tags.items()}
    values = {
        ("claims", index, "paper_values"): claim.paper_values for index, claim in enumerate(paper.claims)
    }
    for path, names in (*lists.items(), *values.items()):
        for index in _places_of_repeats(names):
            text = f"'{names[index]}' is in this list already; name it once."
            yield document.fault(LISTED_ONCE, (*path, index), text)


def _places_of_repeats(names: Iterable[str]) -> Iterator[int]:
    """The places of names that came before."""
    earlier: set[str] = set()
    for index, name in enumerate(names):
        if name in earlier:
            yield index
        earlier.add(name)
