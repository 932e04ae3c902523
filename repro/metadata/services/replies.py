"""Answers of services, and a cache of them on disk: one dated file for each address."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from repro.files import write_whole


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request.

    url: of the request, before any redirect. time: seconds since 1970. wait: for how many seconds the
    service asks to be left alone.
    """

    url: str
    status: int
    body: bytes
    time: float
    wait: float = 0.0

    @property
    def date(self) -> str:
        """The day it came, in UTC, such as 2026-11-24."""
        return day(self.time)


def day(time: float) -> str:
    """The date in UTC of seconds since 1970."""
    return datetime.fromtimestamp(time, UTC).date().isoformat()


class ReplyCache:
    """A cache of replies in a folder, none for None. A damaged or unwritable one is empty, no error."""

    def __init__(self, folder: Path | None, age: float) -> None:
        self.folder = folder
        self.age = age  # seconds after which a cached reply is stale

    def find(self, url: str, now: float) -> Reply | None:
        """The cached reply of an address, if it is young enough."""
        if self.folder is None:
            return None
        try:
            head, _, body = self._file(url).read_bytes().partition(b"\n")
            about: dict[str, Any] = json.loads(head)
            time = float(about["time"])
            sound = about["url"] == url and about["bytes"] == len(body) and 0 <= now - time <= self.age
            return Reply(url, 200, body, time) if sound else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def store(self, reply: Reply) -> None:
        """Cache a reply, in place of an older one."""
        if self.folder is None:
            return
        head = json.dumps({"url": reply.url, "time": reply.time, "bytes": len(reply.body)})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._file(reply.url), head.encode() + b"\n" + reply.body)
        except OSError:
            return

    def forget(self, url: str) -> None:
        """Drop the cached reply of an address."""
        if self.folder is not None:
            self._file(url).unlink(missing_ok=True)

    def _file(self, url: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}.reply"
