"""What a report is told about the paper: plain values, so that this package does not depend on the catalog.

The caller turns a catalog entry into a :class:`PaperView` and the comparison of a recipe with its paper into
:class:`FidelityRow` objects. Everything is treated as text from a stranger and escaped on the page.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from repro.catalog.prose import join_words


@dataclass(frozen=True)
class PaperLink:
    """One address of the paper: ``role`` is a short word such as ``paper`` or ``official-code``."""

    role: str
    url: str
    note: str = ""

    @property
    def safe(self) -> bool:
        """Whether the address may become a link: only http and https with a host do."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(parts.netloc)


@dataclass(frozen=True)
class PaperView:
    """The facts of a paper that a report shows; ``bibtex`` is printed as it is given."""

    id: str
    name: str
    title: str = ""
    idea: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    arxiv: str = ""
    doi: str = ""
    links: tuple[PaperLink, ...] = ()
    bibtex: str = ""


@dataclass(frozen=True)
class FidelityRow:
    """One setting: what the paper states, what its official code does, and what this run did.

    ``paper`` or ``code`` is None where they say nothing; ``why`` is the reason for a difference.
    """

    key: str
    paper: object
    code: object
    ours: object
    differs: bool
    why: str = ""


def citation(paper: PaperView) -> str:
    """A reference in one line: authors, title, venue and year, identifier; parts not known are left out."""
    identifier = f"doi:{paper.doi}" if paper.doi else f"arXiv:{paper.arxiv}" if paper.arxiv else ""
    when = " ".join(part for part in (paper.venue, str(paper.year or "")) if part)
    parts = (_names(paper.authors), paper.title or paper.name, when, identifier)
    return "".join(f"{part}. " for part in parts if part).strip()


def _names(authors: tuple[str, ...]) -> str:
    if len(authors) > 6:
        return join_words([*authors[:2], f"{len(authors) - 2} others"])
    return join_words(authors)
