from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catalogue")

    def ready(self):
        from catalog import parameters  # noqa: F401 - declares them
        from catalog.queries import category_names
        from points.earning.rules import goods

        goods.names_from(category_names)
