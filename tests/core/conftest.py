"""What calls are tried with: the ledger of a member."""

from tests.points.conftest import member, own  # noqa: F401 - fixtures
