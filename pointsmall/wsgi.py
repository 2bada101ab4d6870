"""The web server's entry point."""

from pointsmall.bootstrap import prepare

prepare()

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
