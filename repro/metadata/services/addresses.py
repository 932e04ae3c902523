"""Web addresses: only https is requested, by the parser of the library that makes the request.

Another parser may see another host: of ``https://a.org\\@b.org/`` one requests a.org, and some read b.org.
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


def resolve_redirect(base: str, target: str) -> str:
    """The address that ``base`` redirects to; a target that is none stays as it is, to be refused."""
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def is_same_site(first: str, second: str) -> bool:
    """True if two hosts belong together: the same, or two below one domain such as arxiv.org."""
    return first == second or ("." in first and first.split(".")[-2:] == second.split(".")[-2:])
