"""A new entry as commented YAML: what is known is filled in, what must be written is marked."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import dropwhile
from typing import Any

from repro.catalog.prose import join_words
from repro.catalog.reading.document import parse
from repro.catalog.records.vocabulary import Facet, Word
from repro.metadata.compare import fold
from repro.metadata.identify import Identifier, Scheme
from repro.metadata.known import identifiers, method_name
from repro.metadata.record import Metadata

MARK = "TODO"  # rule R016 refuses an entry that still holds it
# Text that YAML reads as that text without quotes, everywhere, in every version.
PLAIN = re.compile(r"[^\W\d_][\w ./()+-]*[\w.)]")
NOT_TEXT = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
# Words beside a venue's name that say the paper did not appear there.
UNSURE = {"workshop", "workshops", "submitted", "submission", "withdrawn", "rejected", "review", "blind"}
SAYS = {
    "arxiv": "arXiv",
    "crossref": "Crossref",
    "datacite": "DataCite",
    "openalex": "OpenAlex",
    "openreview": "OpenReview",
    "bibtex": "the BibTeX file",
    "typed": "you",
}


def stub(
    records: Sequence[Metadata], paper: str, today: str, vocabularies: Mapping[str, Mapping[str, Word]]
) -> str:
    """The text of ``papers/<paper>.yaml``.

    records: what is known, at least one; the first gives title and authors, the last, which may be of the
    published version, year and venue. vocabularies: by name, for the venue and the tags.
    """
    first, last = records[0], records[-1]
    dated = next((record for record in reversed(records) if record.years), first)
    says = join_words(list(dict.fromkeys(SAYS[record.source] for record in records)))
    lines = [
        "# yaml-language-server: $schema=../schema/paper.schema.json",
        f"# Begun by `repro add` on {today} with what {says} said. Compare it with the paper itself,",
        f"# write what is marked {MARK} in your own words, and then remove these two lines.",
        "schema: 1",
        f"id: {scalar(paper)}",
        *_name(first),
        f"title: {scalar(first.title)}",
        *_authors(first, dict(pair for record in records for pair in record.families)),
        *_year(dated),
        *_venue_and_status(last, vocabularies.get("venues", {})),
        "depth: short  # full, once it has links, relations, official, reported and claims",
        f"added: {quote(today)}",
        *_ids(records),
        *_links(records),
        *_text(),
        *_tags(vocabularies.get("tags", {})),
        *_relations(),
    ]
    return "\n".join(lines) + "\n"


def marked_lines(text: str) -> list[int]:
    """The lines, counted from 1, of the values that must still be written."""
    document = parse(text, "the new entry")
    return sorted({document.place(path).line for path in _marks(document.value)})


def _marks(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, str) and MARK in value:
        yield path
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _marks(inner, (*path, step))


def scalar(text: str) -> str:
    """Text as YAML, plain where no reader could take it for anything else."""
    plain = PLAIN.fullmatch(text) and text.lower() not in NOT_TEXT and len(text) <= 200
    return text if plain else quote(text)


def quote(text: str) -> str:
    """Text as YAML in double quotes; JSON's escapes are YAML's."""
    return json.dumps(text, ensure_ascii=False)


def venue_in(text: str, venues: Mapping[str, Word]) -> str | None:
    """The venue of the vocabulary whose name or description stands in a text, the longest one."""
    where = f" {fold(text)} "
    matches: list[tuple[int, str]] = []
    for name, word in venues.items():
        for wording in _wordings(word):
            if wording and f" {wording} " in where:
                matches.append((len(wording), name))
    return max(matches)[1] if matches else None


def _wordings(venue: Word) -> Iterator[str]:
    """How a venue may be called: «NeurIPS», «Conference on Neural Information Processing Systems», or without
    the first words of that, where three or more are left to tell it from others."""
    yield fold(venue.name)
    whole = fold(venue.description or "")
    yield whole
    subject = whole.partition(" on ")[2]
    if len(subject.split()) >= 3:
        yield subject


def _name(record: Metadata) -> Iterator[str]:
    name = method_name(record.title)
    yield f"name: {scalar(name or MARK)}  # the method's name as the field uses it"


def _authors(record: Metadata, families: Mapping[str, str]) -> Iterator[str]:
    """Names as printed, and beside them family names of several words.

    Particles such as "van den" in front of one word are known for what they are without that.
    """
    if not record.authors and not record.more_authors:
        yield f"authors: [{{name: {MARK}}}]"
        return
    yield "authors:"
    for name in record.authors:
        family = families.get(name, "")
        several = len(list(dropwhile(str.islower, family.split()))) > 1
        apart = f", family: {scalar(family)}" if several or family == name else ""
        yield f"  - {{name: {scalar(name)}{apart}}}"
    if record.more_authors:
        yield f"  - {{name: {MARK}}}  # {SAYS[record.source]} leaves out the authors after these: add them"


def _say(record: Metadata) -> str:
    """The verb after the name of a record's source: you say, arXiv says."""
    return "say" if record.source == "typed" else "says"


def _year(record: Metadata) -> Iterator[str]:
    more = ", ".join(str(year) for year in record.years[1:])
    also = f"  # {SAYS[record.source]} also {_say(record)} {more}" if more else ""
    yield f"year: {record.year or MARK}{also}"


def _venue_and_status(record: Metadata, venues: Mapping[str, Word]) -> Iterator[str]:
    """Venue and status. arXiv repeats what its authors say of a venue, so that a person must decide there."""
    wording = record.venue or ""
    venue = venue_in(wording, venues)
    source = f"{SAYS[record.source]} {_say(record)} {quote(wording[:120])}"
    source = source if wording else "an id of vocab/venues.yaml"
    only_arxiv = record.source == "arxiv" or (not wording and record.arxiv is not None)
    if venue == "arxiv" or (venue is None and only_arxiv and "arxiv" in venues):
        yield f"venue: arxiv  # {source}"
        yield "status: preprint"
        return
    sure = venue is not None and record.source != "arxiv" and not UNSURE & set(fold(wording).split())
    hint = f", perhaps {venue}" if venue else "; write an id of vocab/venues.yaml, or add it there"
    yield f"venue: {venue}  # {source}" if sure else f"venue: {MARK}  # {source}{hint}"
    yield "status: published" if wording else "status: preprint"


def _ids(records: Sequence[Metadata]) -> Iterator[str]:
    known = _merge_ids(records)
    inner = ", ".join(f"{scheme}: {quote(value)}" for scheme, value in known.items())
    yield f"ids: {{{inner}}}"


def _links(records: Sequence[Metadata]) -> Iterator[str]:
    known = _merge_ids(records)
    if not known:
        yield f"links: [{{role: paper, url: {MARK}}}]  # an https address"
        return
    yield "links:"
    for scheme, value in known.items():
        yield f"  - {{role: paper, url: {quote(Identifier(scheme, value).address)}}}"


def _merge_ids(records: Sequence[Metadata]) -> dict[Scheme, str]:
    """The identifiers of all records; the first one's count."""
    values = {scheme: value for record in reversed(records) for scheme, value in identifiers(record).items()}
    return dict(sorted(values.items()))


def _text() -> Iterator[str]:
    chinese = "  # zh: the same in Chinese, if you can"
    yield from ("", "abstract:", "  en: >-")
    yield f"    {MARK} 60 to 150 words on what the paper does and finds, no sentence of them copied"
    yield from (chinese, "idea:", "  en: >-", f"    {MARK} the idea in one sentence", chinese, "")


def _relations() -> Iterator[str]:
    yield ""
    yield "# What it does to other papers, in the words of vocab/relations.yaml. For example:"
    yield "# relations:"
    yield "#   - {type: builds-on, to: simclr, note: Keeps the loss and changes the views.}"


def _tags(facets: Mapping[str, Word]) -> Iterator[str]:
    """The first facet is asked for; the others stand ready as comments."""
    yield "tags:  # values: vocab/tags.yaml"
    for place, (name, facet) in enumerate(facets.items()):
        values = ", ".join(facet.values) if isinstance(facet, Facet) else ""
        yield f"  {name}: [{MARK}]  # {values}" if place == 0 else f"  # {name}: [{values}]"
    if not facets:
        yield f"  family: [{MARK}]"
