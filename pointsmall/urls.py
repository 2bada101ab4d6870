"""Every address of the mall. The paths are its public face and stay stable."""

from importlib.util import find_spec

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView

from pointsmall import views

handler400 = "pointsmall.errors.bad_request"
handler403 = "pointsmall.errors.forbidden"
handler404 = "pointsmall.errors.not_found"
handler500 = "pointsmall.errors.server_error"

APPS = [
    ("accounts/", "accounts"),
    ("points/", "points"),
    ("products/", "catalog"),
    ("", "orders"),
    ("activities/", "activities"),
]

urlpatterns = [
    path("", views.home, name="home"),
    *(path(prefix, include(f"{app}.urls")) for prefix, app in APPS if find_spec(f"{app}.urls")),
    path("accounts/", include("allauth.urls")),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", ExportToDjangoView, name="metrics"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
if settings.DEBUG:
    urlpatterns += [path("dev/components/", views.components, name="components")]
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
