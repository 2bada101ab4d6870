import pytest
from django.db import OperationalError

pytestmark = pytest.mark.django_db


def test_health_needs_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok"


def test_ready_when_database_and_cache_answer(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": True, "cache": True})


def test_ready_without_the_cache(client, cache_server):
    cache_server.is_there = False
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": True, "cache": False})


def test_not_ready_without_the_database(client, monkeypatch):
    def gone():
        raise OperationalError

    monkeypatch.setattr("pointsmall.views.connection.cursor", gone)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"database": False, "cache": True})


@pytest.mark.parametrize(
    ("production", "token", "sent", "status"),
    [
        (True, "", "", 404),
        (True, "", "Bearer ", 404),
        (True, "m-7", "", 404),
        (True, "m-7", "Bearer m-8", 404),
        (True, "m-7", "Bearer m-7", 200),
        (False, "", "", 200),
        (False, "m-7", "", 404),
    ],
)
def test_metrics_answer_to_their_token(client, settings, production, token, sent, status):
    settings.PRODUCTION, settings.METRICS_TOKEN = production, token
    assert client.get("/metrics", headers={"authorization": sent} if sent else {}).status_code == status


def test_metrics_are_there(client):
    assert b"django_http_requests" in client.get("/metrics").content


def test_every_answer_carries_its_request_id(client):
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert first != second
