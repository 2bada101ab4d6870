"""Whoever only reads changes nothing: a GET that writes is a fault, whichever test meets it.

Tasks are another process at work; in a test they run within the request, and are left out.
"""

import re
from functools import wraps

from celery import current_task
from django.db import connection

ANY_CASE = re.IGNORECASE | re.DOTALL
WRITES = re.compile(
    r"\s*(?:WITH\b.*?\b)?(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE)\s+(?:ONLY\s+)?\"?(\w+)", ANY_CASE
)
CALLS = re.compile(
    r"SELECT\b.*\b((?:ledger|points)_(?:earn|spend|hold|capture|release|refund|clawback|expire|set_begin)\w*)\s*\(",
    ANY_CASE,
)
# What reading leaves: who is signed in and when, when a key was used last, and how often somebody asked.
LEFT = {"django_session", "usersessions_usersession", "core_counter", "points_partnerkey"}
# What one page leaves, and may, by the page's name.
LEFT_BY = {
    "accounts:notices": {"accounts_notice"},  # what was read is read
    "mfa_view_recovery_codes": {"mfa_authenticator"},  # allauth keeps them encrypted anew
    "orders:pay": {"orders_payment"},  # a provider, or the checkout, sends the member here by a redirect
    "admin:orders_order_packing": {"core_auditevent"},  # who printed names and addresses
}


class WroteWhileReading(AssertionError):
    """A GET changed a table."""


def written(sql):
    """The table that a statement changes, or the ledger's function that it calls; None where it only reads."""
    found = WRITES.match(sql) or CALLS.match(sql)
    return found and found.group(1)


def _name(request):
    return request.resolver_match.view_name if request.resolver_match else ""


def watched(get_response):
    @wraps(get_response)
    def respond(handler, request):
        if request.method not in {"GET", "HEAD"}:
            return get_response(handler, request)

        def look(execute, sql, params, many, context):
            table = written(sql)
            if table and table not in LEFT and not current_task and table not in LEFT_BY.get(_name(request), ()):
                raise WroteWhileReading(f"GET {request.path} writes {table}")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(look):
            return get_response(handler, request)

    return respond
