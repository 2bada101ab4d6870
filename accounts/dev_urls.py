"""``/dev/outbox/``: routed where this is not production."""

from django.urls import path

from accounts.views import outbox

urlpatterns = [path("outbox/", outbox.outbox, name="dev_outbox")]
