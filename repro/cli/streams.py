"""Standard output and error that are full, closed or not in UTF-8: a command goes on, and says so once."""

import codecs
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

NEAREST = "repro.nearest"  # the name of the error handler
QUIET = (errno.EPIPE, errno.EBADF)  # nobody reads on, as after `| head`, or nobody ever did


class _Descriptor(io.FileIO):
    """A file descriptor that takes everything: from the first fault on, what comes is left out."""

    fault: OSError | None = None

    def write(self, data: Any) -> int:
        if self.fault is None:
            try:
                return super().write(data)
            except OSError as error:
                self.fault = error
                if error.errno not in QUIET:
                    _complain(self.fileno(), error)
        return len(data)


class Streams:
    """What became of the standard output of a command."""

    def __init__(self, output: _Descriptor | None) -> None:
        self._output = output
        self.is_told_elsewhere = False  # True once what matters was said on standard error

    @property
    def is_lost(self) -> bool:
        """True if something that was printed reached nobody."""
        return self._output is not None and self._output.fault is not None

    @property
    def status(self) -> int:
        """The exit status of a command that did everything else: 2 if its output is incomplete, else 0."""
        if self._output is None or self._output.fault is None or self.is_told_elsewhere:
            return 0
        return 0 if self._output.fault.errno in QUIET else 2


current = Streams(None)


@contextmanager
def guarded() -> Iterator[Streams]:
    """Put streams that never raise in place of the standard ones, unless somebody redirected them."""
    global current
    before = current, sys.stdout, sys.stderr
    codecs.register_error(NEAREST, _nearest)
    output = _replace("stdout", 1)
    _replace("stderr", 2)
    current = Streams(output)
    try:
        yield current
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        current, sys.stdout, sys.stderr = before


def is_unicode() -> bool:
    """True if standard output takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")


def _replace(name: str, number: int) -> _Descriptor | None:
    stream: TextIO | None = getattr(sys, name)
    if stream is not getattr(sys, f"__{name}__"):
        return None  # of a test or another program, which knows what it does
    raw = _Descriptor(_opened(number) if stream is None else stream.fileno(), "w", closefd=False)
    if stream is None:
        raw.fault = OSError(errno.EBADF, os.strerror(errno.EBADF))
    is_direct = getattr(stream, "write_through", False)  # as with `python -u`
    text = io.TextIOWrapper(
        raw if is_direct else io.BufferedWriter(raw),
        encoding=getattr(stream, "encoding", "utf-8"),
        errors=NEAREST,
        line_buffering=getattr(stream, "line_buffering", False),
        write_through=is_direct,
    )
    setattr(sys, name, text)
    return raw


def _opened(number: int) -> int:
    """A closed descriptor leading nowhere, so that the next file that is opened does not get its number."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    return number


def _complain(number: int, error: OSError) -> None:
    if number != 2:
        told = f"standard output cannot be written ({error.strerror}); the command goes on without it"
        sys.stderr.write(f"error: {told}\n")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """The letters nearest to those an encoding lacks, or question marks: é is e, … is three dots."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_ascii(letter) for letter in lacking), error.end


def _ascii(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"
