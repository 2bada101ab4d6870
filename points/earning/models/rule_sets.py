"""Versions of the earning rules, how each is let loose on members, scripts with their versions, alerts for staff."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RuleSetVersion(models.Model):
    """The earning rules as a whole; ``str()`` of it, ``v7``, is the ``rule_version`` of entries (C8).

    ``rules`` is ``[{"rule": code, "figures": {name: value}}, ...]``, in order (``points.earning.rules.engine``). It
    changes while the version is a draft, that is, has no stage, and never again afterwards. Whether a version is
    scheduled, active or retired follows from the stages of all and the clock (``points.earning.queries.rule_sets``).
    """

    number = models.PositiveIntegerField(_("version"), primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    rules = models.JSONField(_("rules"), default=list)
    transition_days = models.PositiveSmallIntegerField(
        _("days of transition"),
        default=0,
        help_text=_("So long after the start the version before counts too where it gives more."),
    )
    announcement = models.TextField(_("announcement"), blank=True)
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        db_table = "points_rule_set_version"
        verbose_name = _("version of the earning rules")
        verbose_name_plural = _("earning rules")
        ordering = ["-number"]
        permissions = [
            ("draft_rules", _("Can draft earning rules")),
            ("release_rules", _("Can release, widen and stop earning rules")),
            ("approve_rules", _("Can approve earning rules and scripts that others let loose")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="points_rule_set_number"),
            models.CheckConstraint(condition=Q(transition_days__lte=90), name="points_rule_set_transition"),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class RuleSetStage(models.Model):
    """From ``starts_at`` on the version serves ``percent`` of the members, until its next stage (C9). At 0 percent it
    serves its pilots alone; a version that serves everybody retires those before it."""

    rule_set = models.ForeignKey(RuleSetVersion, models.PROTECT, related_name="stages", verbose_name=_("version"))
    starts_at = models.DateTimeField(_("starts at"))
    percent = models.PositiveSmallIntegerField(_("percent of members"))
    at = models.DateTimeField(_("planned at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        db_table = "points_rule_set_stage"
        verbose_name = _("stage of a release")
        verbose_name_plural = _("stages of releases")
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["rule_set", "starts_at"], name="points_rule_set_stage_once"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="points_rule_set_stage_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_set} {self.percent} %"


class RuleSetPilot(models.Model):
    """A member whom a version serves whatever its percentage (C9)."""

    rule_set = models.ForeignKey(RuleSetVersion, models.PROTECT, related_name="pilots", verbose_name=_("version"))
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("member"))

    class Meta:
        db_table = "points_rule_set_pilot"
        verbose_name = _("pilot member")
        verbose_name_plural = _("pilot members")
        constraints = [models.UniqueConstraint(fields=["rule_set", "member"], name="points_rule_set_pilot_once")]

    def __str__(self) -> str:
        return f"{self.rule_set} {self.member_id}"


class RuleSetTold(models.Model):
    """The last notice to a member about a version: it applies from ``since`` on (``is_on``), or it does not. ``times``
    counts the notices and makes each key unique."""

    pk = models.CompositePrimaryKey("rule_set_id", "member_id")
    rule_set = models.ForeignKey(
        RuleSetVersion, models.PROTECT, related_name="told", db_index=False, verbose_name=_("version")
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("member"),
    )
    is_on = models.BooleanField(_("counts"))
    since = models.DateTimeField(_("counts from"))
    times = models.PositiveSmallIntegerField(_("times told"))

    class Meta:
        db_table = "points_rule_set_told"
        verbose_name = _("member told of a version")
        verbose_name_plural = _("members told of versions")

    def __str__(self) -> str:
        return f"{self.rule_set_id} {self.member_id} {self.is_on}"


class Script(models.Model):
    """A rule written in JavaScript; rule sets name it by ``code``, and its serving version works at once (C7)."""

    code = models.SlugField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=100)
    created_at = models.DateTimeField(_("created at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        db_table = "points_script"
        verbose_name = _("rule script")
        verbose_name_plural = _("rule scripts")
        ordering = ["code"]
        permissions = [("write_scripts", _("Can write rule scripts and return to earlier versions"))]

    def __str__(self) -> str:
        return self.name


class ScriptVersion(models.Model):
    """A script as it was saved: a draft until it is let serve. Of those that did not fail, the one with the latest
    ``activated_at`` serves, and the one before that takes over when it fails; a version once marked failed is never
    tried again."""

    script = models.ForeignKey(Script, models.PROTECT, related_name="versions", verbose_name=_("rule script"))
    number = models.PositiveIntegerField(_("version"))
    source = models.TextField(_("source text"))
    created_at = models.DateTimeField(_("created at"))
    by = models.CharField(_("by"), max_length=64)
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=300, blank=True)

    class Meta:
        db_table = "points_script_version"
        verbose_name = _("version of a script")
        verbose_name_plural = _("versions of scripts")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["script", "number"], name="points_script_version_once")]

    def __str__(self) -> str:
        return f"{self.script} {self.number}"


class RuleAlert(models.Model):
    """Something about the rules that staff must look at; ``details`` fill the text of its kind. At most one is open
    for a ``subject``."""

    class Kind(models.TextChoices):
        SCRIPT_FAILED = "script_failed", _("A script failed")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    subject = models.CharField(_("subject"), max_length=64)
    details = models.JSONField(_("details"))
    opened_at = models.DateTimeField(_("reported at"))
    closed_at = models.DateTimeField(_("seen to at"), null=True, blank=True)
    closed_by = models.CharField(_("seen to by"), max_length=64, blank=True)

    class Meta:
        db_table = "points_rule_alert"
        verbose_name = _("alert about the rules")
        verbose_name_plural = _("alerts about the rules")
        ordering = ["-pk"]
        permissions = [("close_rulealert", _("Can close alerts about the rules"))]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(closed_at__isnull=True), name="points_rule_alert_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}"
