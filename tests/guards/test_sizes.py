"""Files and lines that a reader can take in: Python files stay short, lines of templates too."""

from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = [path.parent.name for path in ROOT.glob("*/__init__.py")]
MOST_LINES = 400
LONGEST_LINE = 200  # characters, in a template


def lines_of(folder, pattern):
    """``{path: lines}`` of the files in a folder of the project."""
    paths = Path(ROOT, folder).rglob(pattern)
    return {str(path.relative_to(ROOT)): path.read_text().splitlines() for path in paths if path.is_file()}


def test_no_python_file_is_too_long():
    assert {"bench", "core", "points", "tests"} <= set(PACKAGES)
    files = [one for folder in PACKAGES for one in lines_of(folder, "*.py").items()]
    assert {path: len(lines) for path, lines in files if len(lines) > MOST_LINES} == {}


def test_no_line_of_a_template_is_too_long():
    longest = {path: max(map(len, lines), default=0) for path, lines in lines_of("templates", "*").items()}
    assert len(longest) > 100
    assert {path: length for path, length in longest.items() if length > LONGEST_LINE} == {}
