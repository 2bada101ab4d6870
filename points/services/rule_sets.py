"""Staff write, release, widen and stop versions of the earning rules (C8, C9)."""

from points.models import RuleSetStage, RuleSetVersion
from points.queries.rule_sets import ALL, BEGINNING, FIRST, RELEASES
from points.rules import presets

INSTALL = "system:install"


def ensure_first():
    """Where there is no version, put the default rules into force, from before the first purchase on."""
    _version, is_new = RuleSetVersion.objects.get_or_create(
        number=FIRST,
        defaults={
            "name": str(presets.S2.label),
            "rules": list(presets.S2.rules),
            "created_at": BEGINNING,
            "by": INSTALL,
        },
    )
    if is_new:
        RuleSetStage.objects.create(rule_set_id=FIRST, starts_at=BEGINNING, percent=ALL, at=BEGINNING, by=INSTALL)
        RELEASES.changed()
