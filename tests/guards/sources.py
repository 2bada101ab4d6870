"""The mall's own source, for guards that read it."""

from pathlib import Path

from django.conf import settings

APPS = ("core", "accounts", "points", "catalog", "orders", "activities", "analytics")


def packages():
    """Names of the folders with the apps' code."""
    return [name for name in APPS if (Path(settings.BASE_DIR) / name).is_dir()]


def sources(folders):
    """``(path from the project's folder, text)`` of every module, migrations left out."""
    root = Path(settings.BASE_DIR)
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root).as_posix(), path.read_text()
