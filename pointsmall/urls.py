"""Every address of the mall. The paths are its public face and stay stable."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from points.partners import api
from pointsmall import views

handler400 = "pointsmall.errors.bad_request"
handler403 = "pointsmall.errors.forbidden"
handler404 = "pointsmall.errors.not_found"
handler500 = "pointsmall.errors.server_error"

# Staff change their password on the members' page, which counts wrong guesses at the old one and tells the owner.
admin.site.password_change = RedirectView.as_view(pattern_name="account_change_password")

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/", include("accounts.urls")),  # before allauth's: some of its pages are ours
    path("accounts/", include("allauth.urls")),
    path("points/", include("points.urls")),
    path("products/", include("catalog.urls")),
    path("activities/", include("activities.urls")),
    path("", include("orders.urls")),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
if not settings.PRODUCTION:
    urlpatterns.append(path("dev/", include("accounts.dev_urls")))
if settings.DEBUG:
    urlpatterns += [
        path("dev/components/", views.components, name="components"),
        *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    ]
