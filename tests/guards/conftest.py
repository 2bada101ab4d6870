"""What the guards borrow."""

from tests.points.conftest import history, member, own  # noqa: F401 - fixtures
