"""Rules for what a paper's entry holds, and for the words and papers it refers to."""

from repro.catalog.reading.rule import Rule

WORDS = " ".join(["word"] * 59)
ENOUGH = " ".join(["word"] * 60)
CHINESE = "词" * 100

PAPERS: dict[str, Rule] = {
    "R020": Rule(
        "error",
        "the venue is in vocab/venues.yaml",
        why="A venue spelt in two ways would be two venues in every filter and citation.",
        wrong="venue: cvrp",
        right="venue: cvpr",
    ),
    "R021": Rule(
        "error",
        "tag facets and values are in vocab/tags.yaml",
        why="Free tags drift apart, and a filter would miss the papers that spell them otherwise.",
        wrong="tags: {family: [contrastiv]}",
        right="tags: {family: [contrastive]}",
    ),
    "R022": Rule(
        "error",
        "relation types are in vocab/relations.yaml",
        why="The other paper's page derives the inverse from the type, and an unknown type has none.",
        wrong="relations: [{type: simplify, to: byol}]",
        right="relations: [{type: simplifies, to: byol}]",
    ),
    "R023": Rule(
        "error",
        "a relation leads to another paper of the catalog or to arxiv:<id>",
        why="A relation that leads nowhere is lost on both pages.",
        wrong="relations: [{type: simplifies, to: boyl}]",
        right="relations: [{type: simplifies, to: byol}]",
    ),
    "R024": Rule(
        "error",
        "the evidence of a relation is a claim of the same paper",
        why="The page links the relation to the claim that tests it.",
        wrong="relations: [{type: simplifies, to: byol, evidence: work}]",
        right="relations: [{type: simplifies, to: byol, evidence: works}]",
    ),
    "R029": Rule(
        "error",
        "ids are unique within a list",
        why="Claims name reported values, and recipes name settings, by these ids.",
        wrong="claims:\n"
        "  - {id: works, kind: trained, statement: It works., place: Fig. 2}\n"
        "  - {id: works, kind: trained, statement: It works without a predictor., place: Fig. 3}",
        right="claims:\n"
        "  - {id: works, kind: trained, statement: It works., place: Fig. 2}\n"
        "  - {id: works-without-predictor, kind: trained, statement: It works without., place: Fig. 3}",
    ),
    "R031": Rule(
        "error",
        "a relation is stated once",
        why="The other side is derived; stated twice, the two can come to disagree.",
        wrong="relations: [{type: simplifies, to: byol}, {type: simplifies, to: byol, note: No teacher.}]",
        right="relations: [{type: simplifies, to: byol, note: No teacher.}]",
    ),
    "R032": Rule(
        "error",
        "the abstract has 60 to 150 words in English and 80 to 400 characters in Chinese",
        why="Shorter does not say what was done and found; longer is not read on a page that shows many.",
        wrong=f"abstract:\n  en: {WORDS}\n  zh: {CHINESE}",
        right=f"abstract:\n  en: {ENOUGH}\n  zh: {CHINESE}",
    ),
    "R034": Rule(
        "error",
        "a full entry has every part, or names it under `gaps` with the reason",
        why="A reader cannot tell a part that was forgotten from one that does not exist.",
        wrong="depth: full\nofficial:\ngaps: {}",
        right="depth: full\nofficial:\ngaps: {official: The authors have not published their code.}",
    ),
    "R035": Rule(
        "error",
        "a gap names a part that is missing",
        why="A reason for a part that is there has been overtaken.",
        wrong="gaps: {links: None was found.}",
        right="gaps: {}",
    ),
    "R036": Rule(
        "warning",
        "abstract and idea are there in Chinese too",
        why="Readers are bilingual; the Chinese pages fall back to English where this is missing.",
        wrong="idea: {en: Stop the gradient on one side.}",
        right="idea: {en: Stop the gradient on one side., zh: 在一侧停止梯度。}",
    ),
    "R037": Rule(
        "error",
        "a relation to a paper of the catalog uses its id, not arxiv:<id>",
        why="By its arXiv id the relation would be missing from that paper's own page.",
        wrong='relations: [{type: simplifies, to: "arxiv:2006.07730"}]',
        right="relations: [{type: simplifies, to: byol}]",
    ),
    "R039": Rule(
        "error",
        "a paper has tags, and no facet without a value",
        why="A paper without tags is found by no filter.",
        wrong="tags: {family: []}",
        right="tags: {family: [contrastive]}",
    ),
    "R077": Rule(
        "error",
        "the idea has at most 40 words in English and 80 characters in Chinese",
        why="It stands in tables and lists, one sentence a paper.",
        wrong=f"idea: {{en: {' '.join(['word'] * 41)}, zh: 在一侧停止梯度。}}",
        right="idea: {en: Stop the gradient on one side., zh: 在一侧停止梯度。}",
    ),
    "R081": Rule(
        "error",
        "a paper builds on, simplifies, extends or applies only what was there before it",
        why="A relation against time is usually one that was stated from the wrong side.",
        wrong="year: 2019\nids: {arxiv: 1911.10560}\nrelations: [{type: simplifies, to: byol}]",
        right="year: 2021\nids: {arxiv: 2011.10560}\nrelations: [{type: simplifies, to: byol}]",
    ),
}
