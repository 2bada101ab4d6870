"""A checkout form that came after the session was over: it waits in the new session until its member has signed in."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import QueryDict
from django.utils.translation import gettext as _

from orders.placing.views import seen_sum

KEPT = "checkout_form"
FIELDS = ("form_key", "address", "note", "deduct", "coupon", "provider", "known")
LONGEST = 25_000  # characters: more than any form of ours has


def sign_in_first(view):
    """A view decorator, as ``login_required``; a form that was sent is kept."""

    @wraps(view)
    def look(request, *args, **kwargs):
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        looked_at = seen_sum.unpack(request.POST.get("shown", ""))
        if looked_at is not None:
            form = QueryDict(mutable=True)
            for name in (*FIELDS, "quote", "shown"):
                form.setlist(name, request.POST.getlist(name))
            text = form.urlencode()
            if len(text) <= LONGEST:
                request.session[KEPT] = [looked_at.member_id, request.get_full_path(), text]
        return redirect_to_login(request.get_full_path())

    return look


def take(request):
    """The form that waits for this member at this address, or None; it is not kept any longer. Another member on the
    same device never sees it."""
    member_id, path, text = request.session.pop(KEPT, (None, "", ""))
    if (member_id, path) != (request.user.pk, request.get_full_path()):
        return None
    messages.warning(request, _("You were signed out, so nothing was ordered. Please look it over and submit again."))
    return QueryDict(text)
