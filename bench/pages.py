"""The cost of the list page, compared with a bare Django page with as many cards.

Ours is ``/products/`` for a stranger: 24 cards with pictures out of 120 products, filters, categories with counts, all
middleware and the whole frame of the page. The reference is the minimum for 24 cards in Django: no middleware, one
query for six columns, two templates. Both run in the same number of processes, each calling its WSGI application again
and again with a persistent database connection, in turns.
"""

import os
import subprocess
import sys
import time
from wsgiref.util import setup_testing_defaults

from bench import _database, _rounds

DATABASE = "bench_pages"
PROCESSES = 2
PRODUCTS = 120
CARDS = 24
RUN_S = 3
WARM = 50

BASE = """<!doctype html><html lang="zh-CN"><head><title>{% block title %}{% endblock %}</title></head>
<body><h1>{{ heading }}</h1><main>{% block main %}{% endblock %}</main></body></html>"""
PAGE = """{% extends "base.html" %}{% block title %}{{ heading }}{% endblock %}{% block main %}<div class="grid">
{% for card in cards %}<a class="card" href="/products/{{ card.id }}/"><img src="{{ card.picture }}"
alt="{{ card.name }}" width="360" height="360"><h3>{{ card.name }}</h3><b>{{ card.points }}</b>
<span>{{ card.fen }}</span><p>{{ card.redeemed }}</p></a>{% endfor %}</div>{% endblock %}"""


def rows():
    """The row of ``make bench``: requests a second."""
    with _database.scratch_database(DATABASE) as url:
        _database.run([sys.executable, "-m", "bench.pages", "fill"], url=url)
        found = _rounds.interleaved(
            {page: lambda page=page: _requests_a_second(url, page) for page in ("bare", "ours")}
        )
    return [
        _rounds.rate_row(
            "pages: list of goods, stranger",
            found["ours"],
            found["bare"],
            "requests/s against a bare Django page of 24 cards",
            f"in process (WSGI application, no web server), {PROCESSES} processes each; ours with filters, counts, all"
            " middleware and logs, bare with no middleware, one query, two templates",
            0.5,
        )
    ]


def _requests_a_second(url, page):
    workers = [_database.start("bench.pages", page, url=url, errors=subprocess.DEVNULL) for _ in range(PROCESSES)]
    _database.go(workers)
    return sum(map(float, _database.results(workers, RUN_S + 60)))


# In the processes


def _fill():
    """A scratch database with goods made by the services; pictures are only names, no files are read."""
    import django  # noqa: PLC0415 - see rows()

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after setup()
    from django.db import connection  # noqa: PLC0415 - after setup()

    from catalog.models import ProductImage  # noqa: PLC0415 - after setup()
    from catalog.services import products  # noqa: PLC0415 - after setup()
    from core import actors, clock  # noqa: PLC0415 - after setup()

    call_command("migrate", verbosity=0)
    by, at = actors.system("bench"), clock.now()
    categories = [products.create_category(code=f"c{n}", name=f"分类{n}", by=by, at=at) for n in range(8)]
    for n in range(PRODUCTS):
        product = products.create_product(
            category=categories[n % 8],
            name=f"暖光系列不锈钢保温杯{n}",
            name_en=f"Flask {n}",
            options=[{"name": "颜色", "values": ["奶白", "松绿"]}],
            skus=[
                {"code": f"{n}-1", "options": {"颜色": "奶白"}, "points_price": 1000 + n, "stock": n % 40},
                {"code": f"{n}-2", "options": {"颜色": "松绿"}, "mixed_points": 500, "mixed_fen": 990, "stock": 3},
            ],
            listed=True,
            by=by,
            at=at,
        )
        products.count_redeemed(lines=[(product.skus.first().pk, n)])
        ProductImage.objects.create(product=product, image=f"products/00/{n}.webp", alt="保温杯", position=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_card AS SELECT product.id, name, lowest_points AS points, lowest_mixed_fen AS fen,"
            " redeemed_count AS redeemed, '/media/' || image AS picture FROM catalog_product AS product"
            " JOIN catalog_productimage AS picture ON picture.product_id = product.id ORDER BY id LIMIT %s",
            [CARDS],
        )
        cursor.execute("ANALYZE")


def _ours():
    import django  # noqa: PLC0415 - see rows()

    django.setup()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - after setup()

    return get_wsgi_application(), "/products/"


def _bare():
    """Django with one model, one view and two templates, and nothing else."""
    import dj_database_url  # noqa: PLC0415 - see rows()
    import django  # noqa: PLC0415 - see rows()
    from django.conf import settings  # noqa: PLC0415 - see rows()

    templates = {"base.html": BASE, "page.html": PAGE}
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="bench.pages",
        DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=300)},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            [("django.template.loaders.locmem.Loader", templates)],
                        )
                    ]
                },
            }
        ],
    )
    django.setup()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - after setup()
    from django.db import models  # noqa: PLC0415 - after setup()
    from django.shortcuts import render  # noqa: PLC0415 - after setup()
    from django.urls import path  # noqa: PLC0415 - after setup()

    class Card(models.Model):
        name = models.TextField()
        points = models.IntegerField()
        fen = models.IntegerField()
        redeemed = models.IntegerField()
        picture = models.TextField()

        class Meta:
            app_label = "bench"
            db_table = "bench_card"

        def __str__(self):
            return self.name

    def cards(request):
        return render(request, "page.html", {"heading": "全部商品", "cards": Card.objects.order_by("-id")[:CARDS]})

    settings.ROOT_URLCONF = (path("", cards),)
    return get_wsgi_application(), "/"


def _work(page):
    application, path = {"ours": _ours, "bare": _bare}[page]()
    environ = {"PATH_INFO": path, "QUERY_STRING": ""}
    setup_testing_defaults(environ)

    def request():
        statuses = []
        response = application(dict(environ), lambda status, headers: statuses.append(status))
        size = sum(len(part) for part in response)
        response.close()
        assert statuses == ["200 OK"], statuses
        return size

    for _ in range(WARM):
        request()
    _database.begin_together()
    begun = time.perf_counter()
    done = 0
    while (passed := time.perf_counter() - begun) < RUN_S:
        request()
        done += 1
    print(done / passed)


if __name__ == "__main__":
    _fill() if sys.argv[1] == "fill" else _work(sys.argv[1])
