"""Stand-ins answer many at once: they must not make a key twice."""

from concurrent.futures import ThreadPoolExecutor

from tests.standins import keys


def test_threads_that_ask_at_once_get_one_key_and_its_certificate():
    with ThreadPoolExecutor(8) as threads:
        certificates = [threads.submit(keys.certificate, "asked at once") for _ in range(4)]
        made = [threads.submit(keys.key, "asked at once") for _ in range(4)]
    (key,) = {future.result() for future in made}
    (certificate,) = {future.result() for future in certificates}
    assert certificate.public_key() == key.public_key()
