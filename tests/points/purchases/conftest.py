from tests.points.earning.conftest import caps, member, rules  # noqa: F401 - fixtures
