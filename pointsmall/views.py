"""Pages of the mall as a whole: the home page, and endpoints for monitoring (H7)."""

from django.conf import settings
from django.core.cache import cache as django_cache
from django.db import connection
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django_prometheus.exports import ExportToDjangoView

from activities.queries import strip
from core import cache, clock
from points.earning.queries.earning import sign_up_points
from points.ledger import visitor as ledger_visitor
from points.tiers import visitor as tiers_visitor
from pointsmall import gallery
from pointsmall import home as composition


def home(request):
    """Balance, sign-in strip and shelves of goods (E5); a stranger sees popular goods and how to begin."""
    now = clock.now()
    member = request.user if request.user.is_authenticated else None
    balance = ledger_visitor.balance(request)
    context = {
        "balance": balance,
        "greeting": composition.greeting(member, at=now),
        "sign_up_points": sign_up_points(at=now),
        "strip": strip(member, at=now, tier=member and tiers_visitor.standing(request).tier),
        **composition.shelves(balance=balance, at=now),
    }
    return render(request, "home.html", context)


def components(request):
    """Every component in every state, as a reference for building pages; in development only."""
    return render(request, "dev/components.html", gallery.sample())


def metrics(request):
    """For Prometheus, which authenticates with ``METRICS_TOKEN``. Without a token production refuses everybody (H7)."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    is_known = (
        constant_time_compare(sent, settings.METRICS_TOKEN) if settings.METRICS_TOKEN else not settings.PRODUCTION
    )
    if not is_known:
        raise Http404
    return ExportToDjangoView(request)


def healthz(request):
    """200 as long as the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request):
    """200 if the database answers, else 503. Without the cache the mall is slower but works. Shape:
    ``{"database": bool, "cache": bool}``."""
    state = {"database": _database_answers(), "cache": _cache_answers()}
    return JsonResponse(state, status=200 if state["database"] else 503)


def _database_answers():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # any failure at all means not ready
        return False
    return True


def _cache_answers():
    django_cache.set("readyz", settings.SITE_NAME, 5)
    return not cache.is_away()
