"""What the guards borrow."""

from tests.guards.test_staff_words import mall  # noqa: F401 - a fixture
from tests.points.conftest import history, member, own  # noqa: F401 - fixtures
