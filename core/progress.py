"""A progress bar for commands, on stderr, and only in a terminal."""

import sys
from typing import TextIO

WIDTH = 32


class Bar:
    """``Bar("Granting", total)`` is called with how much is done."""

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self.label, self.total, self.stream = label, total, stream or sys.stderr
        self.shown: int | None = None

    def __call__(self, done: int) -> None:
        share = min(done * 100 // self.total, 100) if self.total else 100
        if share == self.shown or not self.stream.isatty():
            return
        self.shown = share
        filled = WIDTH * share // 100
        line = f"\r{self.label} [{'#' * filled}{'.' * (WIDTH - filled)}] {done:,} of {self.total:,}"
        self.stream.write(line + ("\n" if share == 100 else ""))
        self.stream.flush()
