"""Finds the strings to translate in Django templates, so that no gettext program is needed (H4)."""

from io import BytesIO

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize


def extract_template(fileobj, keywords, comment_tags, options):
    """A Babel extractor: Django turns the template into text that reads like Python, Babel reads that."""
    readable = templatize(fileobj.read().decode())
    readable = "\n".join(line.strip() for line in readable.split("\n"))  # HTML's indentation is not Python's
    yield from extract_python(BytesIO(readable.encode()), keywords, comment_tags, options)
