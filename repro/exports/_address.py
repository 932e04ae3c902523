"""Addresses: of a paper out on the web, and of its page on the published site."""

import re
from urllib.parse import quote

from repro.catalog.records.paper import Paper
from repro.errors import UsageError

EXAMPLE = "https://example.org/repro/"
SITE = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9_.~%/-]*)?", re.IGNORECASE | re.ASCII)


def checked(site: str) -> str:
    """The site's address with a slash at its end. UsageError if it is not one."""
    if not SITE.fullmatch(site):
        raise UsageError(f"'{site}' is not the address of a site; give one such as {EXAMPLE}")
    return f"{site.rstrip('/')}/"


def page(site: str, paper: str) -> str:
    """The address of a paper's page below the site's."""
    return f"{checked(site)}papers/{paper}/"


def doi(name: str) -> str:
    """The address that a DOI resolves at."""
    return f"https://doi.org/{quote(name, safe='/:;().,')}"


def arxiv(number: str) -> str:
    """The arXiv page of a paper."""
    return f"https://arxiv.org/abs/{number}"


def elsewhere(paper: Paper) -> tuple[str, ...]:
    """Where the paper itself can be read or is registered, the best place first, each address once."""
    found = [link.url for link in paper.links if link.role == "paper"]
    found += [doi(paper.ids.doi)] if paper.ids.doi else []
    found += [arxiv(paper.ids.arxiv)] if paper.ids.arxiv else []
    found += [f"https://openreview.net/forum?id={paper.ids.openreview}"] if paper.ids.openreview else []
    return tuple(dict.fromkeys(found))


def landing(paper: Paper) -> str:
    """The best address of the paper; empty where the entry gives none."""
    return next(iter(elsewhere(paper)), "")
