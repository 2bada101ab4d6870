"""A look at the door of the checkout before anything else is done for a submitted form (F13)."""

from django.urls import reverse

from orders.placing.services import rush
from orders.placing.views import door

LONGEST_KEY = 36


class CheckoutDoorMiddleware:
    """Refuse a form that would be refused anyway: the shelf has just been found empty, or the door is full.

    It stands before sessions, members and logs of requests, so it identifies nobody and takes no place: whoever is let
    pass is asked for a sign-in and a form of ours first, and finds a place or none at ``orders.placing.views.door``.
    """

    def __init__(self, get_response):
        self._get_response = get_response
        self._checkout = reverse("orders:checkout")

    def __call__(self, request):
        if request.method == "POST" and request.path == self._checkout:
            return self._refusal(request) or self._get_response(request)
        return self._get_response(request)

    @staticmethod
    def _refusal(request):
        if door.door.is_full():  # costs no question to the cache server
            return door.crowded(request)
        sku_id = request.GET.get("sku", "")
        form_key = request.POST.get("form_key", "")[:LONGEST_KEY]
        if sku_id.isdecimal() and rush.refuses(sku_id=sku_id, form_key=form_key):
            return door.sold_out(request)
        return None
