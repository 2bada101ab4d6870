"""Development only: the SMS and e-mails that were "sent"."""

from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import sent


@never_cache
def outbox(request):
    return render(request, "accounts/outbox.html", {"sent": sent.latest()})
