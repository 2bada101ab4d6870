import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

from orders.payments import SandboxProvider

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "MALL_ENV": "production",
    "SECRET_KEY": "Yk3vQ0cXo8rTz1uLwE5hN7bJm2sFgA9dPiRt6yKxVqWeHnCjUz",
    "FIELD_KEYS": "q1vJ0m8xWc3uXo5r7yT9aQ2kLhN4bE6fGdS8zPiRtVw=",
    "ALLOWED_HOSTS": "mall.example.com",
    "SITE_URL": "https://mall.example.com",
    "DATABASE_URL": "postgresql://mall@db/mall",
    "REDIS_URL": "redis://cache/0",
}


def load_settings(code="", **variables):
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "pointsmall.settings", **variables}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from pointsmall.bootstrap import prepare; prepare(); import pointsmall.settings;" + code,
        ],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_production_starts_with_all_it_needs():
    assert load_settings(**PRODUCTION).stderr == ""


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL"]
)
def test_production_refuses_to_start_without(missing):
    result = load_settings(**{name: value for name, value in PRODUCTION.items() if name != missing})
    assert result.returncode != 0
    assert f"  {missing}: " in result.stderr


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SECRET_KEY", "development-only"),
        ("SECRET_KEY", "django-insecure-" + PRODUCTION["SECRET_KEY"]),
        ("SECRET_KEY", PRODUCTION["SECRET_KEY"][:49]),
        ("SECRET_KEY", "x" * 50),
        ("FIELD_KEYS", "ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw="),
        ("FIELD_KEYS", PRODUCTION["FIELD_KEYS"] + ",ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw="),
        ("FIELD_KEYS", PRODUCTION["FIELD_KEYS"][:30]),
        ("FIELD_KEYS", "secret"),
    ],
)
def test_production_refuses_a_key_that_others_know_or_can_guess(key, value):
    result = load_settings(**PRODUCTION | {key: value})
    assert result.returncode != 0
    assert f"  {key} " in result.stderr


@pytest.mark.parametrize("server", ["DATABASE_URL", "REDIS_URL"])
@pytest.mark.parametrize("name", [None, ""])
def test_where_a_server_is_given_the_environment_must_be_named(server, name):
    variables = {server: PRODUCTION[server]} | ({} if name is None else {"MALL_ENV": name})
    result = load_settings(**variables)
    assert result.returncode != 0
    assert "MALL_ENV=production" in result.stderr


def test_without_servers_it_is_development():
    loaded = load_settings(code="import os; print(pointsmall.settings.MALL_ENV, os.environ['MALL_ENV'])")
    assert loaded.stdout.split() == ["development", "development"]


@pytest.mark.parametrize("variables", [PRODUCTION, {"MALL_ENV": "development"}])
def test_only_tests_hash_passwords_quickly(variables):
    loaded = load_settings(code="print(pointsmall.settings.PASSWORD_HASHERS)", **variables)
    assert loaded.stdout.strip() == "['django.contrib.auth.hashers.Argon2PasswordHasher']"


@pytest.mark.parametrize("name", ["SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE", "DEVICE_COOKIE"])
def test_cookies_of_production_belong_to_this_host_alone(name):
    loaded = load_settings(code=f"print(pointsmall.settings.{name}_NAME)", **PRODUCTION)
    assert loaded.stdout.startswith("__Host-")
    assert not load_settings(code=f"print(pointsmall.settings.{name}_NAME)", MALL_ENV="development").stdout.startswith(
        "_"
    )


def test_production_refuses_to_start_with_the_sandbox():
    assert "sandbox" in load_settings(**PRODUCTION, PAYMENT_PROVIDERS="sandbox").stderr
    assert load_settings(MALL_ENV="development", PAYMENT_PROVIDERS="sandbox").returncode == 0


def test_production_refuses_to_start_with_debugging():
    assert "DEBUG is on" in load_settings(**PRODUCTION, DEBUG="1").stderr


def test_a_provider_must_be_one_that_browsers_may_go_on_to(settings, monkeypatch):
    monkeypatch.setattr(SandboxProvider, "form_origins", ("https://pay.example.com",))
    assert "pointsmall.E005" in {found.id for found in run_checks()}
    settings.PAYMENT_FORM_ORIGINS = ["https://pay.example.com"]
    assert "pointsmall.E005" not in {found.id for found in run_checks()}
    settings.PAYMENT_PROVIDERS = []
    settings.PAYMENT_FORM_ORIGINS = []
    assert "pointsmall.E005" not in {found.id for found in run_checks()}


def test_origins_of_providers_are_allowed_as_targets_of_forms():
    loaded = load_settings(
        code="print(pointsmall.settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])",
        PAYMENT_FORM_ORIGINS="https://pay.example.com,https://m.example.com",
    )
    assert "'https://pay.example.com', 'https://m.example.com'" in loaded.stdout


@pytest.mark.parametrize(
    ("contradiction", "finding"),
    [
        ({"PAYMENT_PROVIDERS": ["goldbars"]}, "pointsmall.E002"),
        ({"PAYMENT_PROVIDERS": ["sandbox"], "SANDBOX_SECRET": ""}, "pointsmall.E003"),
        ({"PRODUCTION": True, "SITE_URL": "http://mall.example.com"}, "pointsmall.W001"),
        ({"PRODUCTION": True, "SMS_SENDER": "console"}, "pointsmall.W002"),
        ({"SMS_COUNTRIES": ["CN", "86"]}, "pointsmall.E008"),
    ],
)
def test_settings_that_contradict_each_other_are_reported(settings, contradiction, finding):
    for name, value in contradiction.items():
        setattr(settings, name, value)
    assert finding in {found.id for found in run_checks()}


@pytest.mark.parametrize(
    "options",
    [
        {"prepare_threshold": None},
        {"prepare_threshold": 0},
        {"prepare_threshold": "5"},  # as a query string of DATABASE_URL gives it
        {},
        {"prepare_threshold": 5, "server_side_binding": True},
        {"prepare_threshold": 5, "cursor_factory": "psycopg.Cursor"},
    ],
)
def test_what_works_against_prepared_calls_is_refused(settings, monkeypatch, options):
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", options)
    (found,) = [found for found in run_checks() if found.id == "pointsmall.E009"]
    assert "out of DATABASE_URL" in found.hint


def test_the_url_of_the_database_cannot_forbid_preparing_unseen():
    url = "postgresql://mall@db/mall?prepare_threshold=0"
    code = "import django; django.setup(); from pointsmall import checks; print(checks.calls_can_be_prepared(None))"
    assert "pointsmall.E009" in load_settings(code, **PRODUCTION | {"DATABASE_URL": url}).stdout


def test_the_settings_of_tests_agree():
    assert [found for found in run_checks() if not found.is_silenced()] == []
