"""Look-up: the paper that a person means by an id, a name, an identifier of another catalog or an address."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.reading.fault import CatalogFileError
from repro.errors import UsageError
from repro.metadata.compare import fold
from repro.metadata.identify import Identifier, recognise

OWN = ("paper", "pdf", "official-code", "project")  # roles of links to what belongs to the paper alone
NAME = re.compile(r"^name:(.*)$", re.MULTILINE)


def find_paper(catalog: Catalog, text: str) -> str:
    """The id of the paper that ``text`` names.

    Accepted are its id and its ``name`` without regard to case, spaces, hyphens and underscores, its arXiv
    id, DOI or OpenReview id in every form that :func:`repro.metadata.identify.recognise` knows, and an
    address that its entry links to. A paper whose entry is faulty is found too.

    Raises:
        UsageError: no paper goes by this, or several do.

    Example:
        >>> catalog = Catalog.load()
        >>> [find_paper(catalog, text) for text in ("SimSiam", "barlow_twins", "arXiv:2011.10566v3")]
        ['simsiam', 'barlow-twins', 'simsiam']
    """
    text = text.strip()
    if text in catalog:
        return text
    for search in (_by_id, _by_name, _by_identifier):
        papers = sorted(set(search(catalog, text)))
        if len(papers) > 1:
            raise UsageError(f"'{text}' names several papers: {', '.join(papers)}; use one of these ids.")
        if papers:
            return papers[0]
    if (identifier := recognise(text)) is not None:
        raise UsageError(
            f"no paper of this catalog has {identifier}; `repro add {identifier}` begins its entry."
        )
    return catalog.paper(text).id  # raises, with the nearest id


def find_papers(catalog: Catalog, texts: list[str] | None) -> list[str]:
    """The ids of all that are named; none for None. UsageError as :func:`find_paper`."""
    return [find_paper(catalog, text) for text in texts or ()]


def _letters(name: str) -> str:
    """Letters and digits alone, in lower case and without accents: how names are compared."""
    return fold(name).replace(" ", "")


def _by_id(catalog: Catalog, text: str) -> Iterator[str]:
    wanted = _letters(text)
    return (paper for paper in catalog.paper_ids if wanted and _letters(paper) == wanted)


def _by_name(catalog: Catalog, text: str) -> Iterator[str]:
    """Papers whose ``name`` is the text; only entries that hold the line are read."""
    wanted = _letters(text)

    def is_near(content: str) -> bool:
        """True if the line with the name has it."""
        return any(wanted in _letters(line[1]) for line in NAME.finditer(content))

    for paper, entry in _entries(catalog, is_near) if wanted else ():
        if _letters(str(entry.get("name", ""))) == wanted:
            yield paper


def _by_identifier(catalog: Catalog, text: str) -> Iterator[str]:
    """Papers that have the identifier in the text, or else that link to the text as an address."""
    identifier = recognise(text)
    wanted = identifier.value.lower() if identifier else _bare(text)
    if identifier or "/" in text:
        for paper, entry in _entries(catalog, lambda content: wanted in content.lower()):
            if _has_identifier(entry, identifier) if identifier else wanted in _addresses(entry):
                yield paper


def _has_identifier(entry: dict[str, Any], identifier: Identifier) -> bool:
    """True if an entry has the identifier."""
    ids = entry.get("ids")
    known, wanted = str(ids.get(identifier.kind, "")) if isinstance(ids, dict) else "", identifier.value
    return known == wanted if identifier.kind == "openreview" else known.lower() == wanted.lower()


def _addresses(entry: dict[str, Any]) -> set[str]:
    """What an entry links to as the paper's own."""
    links = entry.get("links")
    listed = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return {_bare(str(link.get("url", ""))) for link in listed if link.get("role") in OWN}


def _bare(address: str) -> str:
    """An address without what does not tell pages apart: scheme, www, a slash at the end, case."""
    return re.sub(r"^(https?://)?(www\.)?", "", address.strip().lower()).rstrip("/")


def _entries(catalog: Catalog, is_candidate: Callable[[str], bool]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id, top-level keys) of papers whose file passes a quick look at its text and can be parsed."""
    for paper in catalog.paper_ids:
        file = f"papers/{paper}.yaml"
        try:
            text = (catalog.root / file).read_text(encoding="utf-8", errors="replace")
            if is_candidate(text):
                yield paper, catalog.document(file).mapping
        except (OSError, CatalogFileError):
            continue
