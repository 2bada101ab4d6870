"""Files of management commands: a table to read, a report to write."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from django.core.management.base import CommandError

from core.tables.writing import write_csv


def content_of(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def write_report(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A report of lines that were refused, as a CSV file."""
    try:
        write_csv(path, headings, rows, as_typed=True)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
