"""Looking at many pages in a browser, fast: Django's test client answers it, inside the transaction of the test."""

import contextvars
import mimetypes
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
# What WCAG asks for at its levels A and AA, and how a page is laid out for those who hear it.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
ASK = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(
  ({violations}) => violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 160)}`)))"""
WIDTH = "document.documentElement.scrollWidth"
ORIGIN = "https://mall.test"


class Walk:
    """A browser of whoever ``client`` is signed in as; ``widths`` of its window in px, ``schemes`` of its colours."""

    def __init__(self, browser, client, *, widths, schemes=("light",)):
        self.client, self.widths, self.schemes = client, widths, schemes
        self.page = browser.new_page(locale="zh-CN", reduced_motion="reduce", base_url=ORIGIN)
        self.page.route("**/*", self._answer)
        self.page.on("console", lambda line: line.type == "error" and self.faults.append(f"console: {line.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.here = contextvars.copy_context()  # playwright answers in a context of its own, without our transaction

    def look(self, path, answer=None):
        """What is wrong with the page at ``path``, a line each; None where there is no page. ``answer`` is what the
        mall gave for it, where it was asked already."""
        self.opened, self.faults = answer or self.client.get(path), []
        if self.opened.status_code != 200 or not self.opened["Content-Type"].startswith("text/html"):
            return None
        self._wear(self.widths[0], self.schemes[0])
        self.page.goto(path)
        self.page.evaluate(AXE)
        for width in self.widths:
            self._wear(width, self.schemes[0])
            if (wide := self.page.evaluate(WIDTH)) > width:
                self.faults.append(f"{wide} px wide at {width}")
            self.faults += self.page.evaluate(ASK, STANDARDS)
        for scheme in self.schemes[1:]:
            self._wear(self.widths[0], scheme)
            self.faults += [f"{scheme}: {fault}" for fault in self.page.evaluate(ASK, COLOURS)]
        return self.faults

    def close(self):
        self.page.close()

    def _wear(self, width, scheme):
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.emulate_media(color_scheme=scheme)

    def _answer(self, route):
        """The page as it was given, its files from where they lie, what else it asks for from the mall."""
        url = urlsplit(route.request.url)
        if url.path.startswith(settings.STATIC_URL):
            _send_file(route, finders.find(url.path.removeprefix(settings.STATIC_URL)))
        elif url.path.startswith(settings.MEDIA_URL):
            _send_file(route, Path(settings.MEDIA_ROOT, url.path.removeprefix(settings.MEDIA_URL)))
        else:
            is_page = route.request.is_navigation_request()
            answer = self.opened if is_page else self.here.run(self.client.get, f"{url.path}?{url.query}")
            route.fulfill(status=answer.status_code, headers=dict(answer.items()), body=answer.getvalue())


def _send_file(route, file):
    route.fulfill(path=file, content_type=mimetypes.guess_type(str(file))[0])
