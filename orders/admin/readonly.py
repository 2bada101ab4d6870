from core.staff import LookOnlyAdmin, LookOnlyInline  # noqa: F401 - the same for all apps
