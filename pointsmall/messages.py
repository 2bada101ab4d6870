"""The strings to translate: ``make messages`` brings ``locale/`` up to date, without any gettext program (H4)."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parent.parent
CATALOGUE = PROJECT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
NOT_OURS = {".venv", "build", "var", "media", "staticfiles", "node_modules", "tests", "bench", "migrations"}


def from_template(fileobj, keywords, comment_tags, options):
    """A Babel extractor: Django turns the template into text that reads like Python, Babel reads that."""
    readable = templatize(fileobj.read().decode())
    readable = "\n".join(line.strip() for line in readable.split("\n"))  # Python must not see HTML's indentation
    yield from extract_python(BytesIO(readable.encode()), keywords, comment_tags, options)


def collect():
    """All our translatable strings, as a Babel ``Catalog`` without translations."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        PROJECT,
        method_map=[("**.py", "python"), ("templates/**", from_template)],
        keywords=KEYWORDS,
        directory_filter=lambda path: Path(path).name not in NOT_OURS,
    )
    # Sorted by name: the order of a folder differs between machines and would reorder half of the catalogue.
    for filename, _line, message, comments, context in sorted(found, key=lambda entry: entry[0]):
        catalog.add(message, locations=[(filename, None)], auto_comments=comments, context=context)
    return catalog


def translated():
    """The Chinese catalogue as it stands."""
    with open(CATALOGUE, "rb") as file:
        return read_po(file, locale="zh_Hans", domain="django")


def update():
    """Add new strings, untranslated, to the Chinese catalogue and remove those that are no longer used."""
    catalog = translated()
    since = catalog.creation_date
    catalog.update(collect(), no_fuzzy_matching=True)
    catalog.creation_date = since  # a new date each time would change the file for no reason
    with open(CATALOGUE, "wb") as file:
        write_po(file, catalog, width=0, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    return [message for message in catalog if message.id and not all(_forms(message.string))]


def _forms(string):
    """The forms of a message: several if it has a plural."""
    return string if isinstance(string, tuple) else (string,)


if __name__ == "__main__":
    empty = update()
    for message in empty:
        print(f"not translated: {message.id!r}")
    print(f"{CATALOGUE.relative_to(PROJECT)} is up to date, {len(empty)} strings wait for Chinese.")
