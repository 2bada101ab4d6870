"""A real browser on the running mall. Debian's Chromium serves; where there is none, journeys say so and skip."""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

# Playwright keeps an event loop in this thread; the tests' own queries are plain ones all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
TIMEOUT_MS = 10_000


def pytest_collection_modifyitems(items):
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.xdist_group("browser"))  # one browser at a time on two cores


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must drive the journeys: install chromium and fonts-noto-cjk")
        pytest.skip("LEFT OUT: no Chromium here (apt install chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def mall(live_server, settings):
    """The address of the running mall; the sandbox calls back to it."""
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def phone(browser, mall):
    """A function that opens a fresh browser of a phone, 390 px wide, with nobody signed in."""
    contexts = []

    def open_phone(**options):
        context = browser.new_context(viewport=PHONE, base_url=mall, locale="zh-CN", **options)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        return context.new_page()

    expect.set_options(timeout=TIMEOUT_MS)
    yield open_phone
    for context in contexts:
        context.close()


@pytest.fixture
def shelf(mall):
    """One small shop: a keyring for 150 points, and a thermos for 1,000 points + ¥32. Returns ``{name: Product}``."""
    from catalog.services import products
    from core import clock

    act = {"by": "system:test", "at": clock.now()}
    category = products.create_category(code="home", name="家居生活", **act)
    goods = {
        "松果钥匙扣": {"code": "KEYRING", "points_price": 150, "stock": 5},
        "提绳保温杯": {"code": "THERMOS", "mixed_points": 1000, "mixed_fen": 3200, "stock": 5},
    }
    return {
        name: products.create_product(category=category, name=name, skus=[sku], listed=True, **act)
        for name, sku in goods.items()
    }


@pytest.fixture
def staff(mall):
    """The first staff person, who may do everything."""
    from accounts.models import User
    from core import clock

    return User.objects.create_superuser("admin", "admin-demo-1", date_joined=clock.now())
