"""What asks a command to end: Ctrl-C, SIGTERM, and a terminal that is closed."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from repro.machine import ending_signals


class Interruption:
    """What an ending signal does: KeyboardInterrupt at once, or a note while a step must come to its end."""

    def __init__(self) -> None:
        self.waits = False  # True while a signal is only noted; a second one then ends the process
        self.is_asked = False

    def answer(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self.is_asked = True
        if not self.waits:
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Answer every ending signal alike, and put back what answered before."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.answer) for number in ending_signals()}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
