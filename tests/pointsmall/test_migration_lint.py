"""What `make lint` says about a migration that would hold up a mall that goes on meanwhile."""

import pytest

from pointsmall import migration_lint

SOUND = ["BEGIN;", 'ALTER TABLE "orders_order" ADD COLUMN "gift" boolean NULL;', "COMMIT;"]


def faults(*migrations):
    """Of these alone: the exemptions of others are not asked for."""
    found = migration_lint.findings(migrations)
    return [line for line in migration_lint.faults(found) if "nothing to be exempt from" not in line]


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ('CREATE INDEX "slow" ON "orders_order" ("note");', "require-concurrent-index-creation"),
        ('ALTER TABLE "orders_order" ADD CONSTRAINT "c" CHECK ("cash_fen" >= 0);', "constraint-missing-not-valid"),
        ('ALTER TABLE "orders_order" ADD COLUMN "gift" boolean NOT NULL;', "adding-required-field"),
        ('ALTER TABLE "orders_order" ALTER COLUMN "cash_fen" TYPE bigint;', "changing-column-type"),
        ('ALTER TABLE "orders_order" DROP COLUMN "note";', "ban-drop-column"),
        ('ALTER TABLE "orders_order" RENAME COLUMN "note" TO "words";', "renaming-column"),
    ],
)
def test_what_holds_others_up_is_found(statement, rule):
    (found,) = faults(("orders.9999_new", ["BEGIN;", statement, "COMMIT;"]))
    assert found.startswith(f"orders.9999_new: {rule}: ")


def test_what_holds_nobody_up_passes():
    assert faults(("orders.9999_new", SOUND)) == []
    assert faults(("orders.9999_new", ['CREATE INDEX CONCURRENTLY "fast" ON "orders_order" ("note");'])) == []


def test_an_exempt_migration_passes_and_one_that_needs_no_exemption_is_named(monkeypatch):
    monkeypatch.setattr(migration_lint, "EXEMPT", {"orders.0003_payments": "why", "orders.9998_sound": "why"})
    found = migration_lint.findings(
        [("orders.0003_payments", ['ALTER TABLE "orders_payment" DROP COLUMN "x";']), ("orders.9998_sound", SOUND)]
    )
    assert list(migration_lint.faults(found)) == ["orders.9998_sound: is exempt, and has nothing to be exempt from."]
