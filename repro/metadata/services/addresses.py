"""Which web addresses may be asked: those on https, by the parser of the library that asks them.

Another parser may see another host: of ``https://a.org\\@b.org/`` one asks a.org, and some read b.org.
"""

from urllib.parse import urljoin

from urllib3.util import parse_url


def host(url: str) -> str:
    """The host of an address, ``?`` where there is none."""
    try:
        return parse_url(url).host or "?"
    except ValueError:
        return "?"


def is_https(url: str) -> bool:
    """True if this is an https address with a host."""
    try:
        parts = parse_url(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.host)


def joined(base: str, target: str) -> str:
    """Where a redirect of ``base`` leads; a target that is no address stays as it is, to be refused."""
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def same_site(one: str, other: str) -> bool:
    """True if two hosts belong together: the same, or two below one domain such as arxiv.org."""
    return one == other or ("." in one and one.split(".")[-2:] == other.split(".")[-2:])
