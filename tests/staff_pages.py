"""Every page of staff that opening an address can lead to, each shown with a row that it takes."""

from itertools import islice, product

from django.apps import apps
from django.http import HttpResponse
from django.urls import URLResolver, get_resolver, reverse

from core import parameters
from points.earning.models import RuleSetVersion

MOST_TRIED = 30  # rows, until one stands where the act is possible
ELSEWHERE = {"login", "logout", "jsi18n", "autocomplete", "search", "view_on_site", "app_list"}


def all_pages(client):
    """``(name, path, answer)`` of each; ``answer`` None where no row of ours leads to a page of text."""
    for name, paths in sorted(_addresses()):
        yield name, *next(_pages(client, paths), (None, None))


def _pages(client, paths):
    for path in paths:
        answer = client.get(path)
        if isinstance(answer, HttpResponse) and answer.status_code == 200 and "text/html" in answer["Content-Type"]:
            yield path, answer


def _addresses():
    """``(name, paths)``: of an address with arguments one path for each row."""
    (site,) = (entry for entry in get_resolver().url_patterns if getattr(entry, "namespace", "") == "admin")
    for entry in site.url_patterns:
        model = None
        if isinstance(entry, URLResolver):
            app_label, model_name = str(entry.pattern).strip("/").split("/")
            model = apps.get_model(app_label, model_name)
        for pattern in entry.url_patterns if model else [entry]:
            if pattern.name and pattern.name not in ELSEWHERE:
                arguments = islice(_arguments(model, list(pattern.pattern.converters)), MOST_TRIED)
                yield pattern.name, [reverse(f"admin:{pattern.name}", args=args) for args in arguments]


def _arguments(model, names):
    if not names:
        yield []
    elif names[0] == "number":
        numbers = RuleSetVersion.objects.order_by("-number").values_list("number", flat=True)
        yield from product(numbers, *[range(9)] * (len(names) - 1))
    elif names == ["app", "word"]:
        yield from (parameter.split(".") for parameter in parameters.declared())
    else:
        yield from ([pk] for pk in model.objects.order_by("-pk").values_list("pk", flat=True))
