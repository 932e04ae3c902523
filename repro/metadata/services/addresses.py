"""Which web addresses may be asked: https, on a named public host, without credentials in them."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

LOCAL = (".localhost", ".local", ".internal")


def host(url: str) -> str:
    """The host of an address, ``?`` where there is none."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def joined(base: str, target: str) -> str:
    """Where a redirect of ``base`` leads; a target that is no address stays as it is, to be refused."""
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def permitted(url: str, origins: Collection[str]) -> bool:
    """Whether an address may be asked; so may those of ``origins``, as http://127.0.0.1:8000."""
    try:
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" in origins:
            return True
        return parts.scheme == "https" and "@" not in parts.netloc and _public(parts.hostname or "")
    except ValueError:
        return False


def same_site(one: str, other: str) -> bool:
    """Whether two hosts belong together: the same, or two public ones below one domain such as arxiv.org."""
    if one == other:
        return True
    return _public(one) and _public(other) and one.split(".")[-2:] == other.split(".")[-2:]


def _public(name: str) -> bool:
    """Whether a host is named, with a domain: neither this machine nor a number."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." in name.strip(".") and not name.endswith(LOCAL)
    return False
