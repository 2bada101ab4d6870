"""System checks for settings that contradict each other: ``python manage.py check`` (H1)."""

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.db import DEFAULT_DB_ALIAS
from phonenumbers import SUPPORTED_REGIONS

from orders import payments

AGAINST = {
    "prepare_threshold": "It must be a whole number above 0, as the mall sets it: without one nothing is prepared, and "
    "with 0 what runs once is prepared too.",
    "server_side_binding": "Then Django's own queries would be prepared, and push out those of the mall.",
    "cursor_factory": "The mall's queries are written for the cursors that Django chooses.",
}


@register()
def settings_agree(app_configs, **kwargs):
    """Return a finding, with a hint, for each pair of contradicting settings."""
    findings = []
    if settings.PRODUCTION and not settings.SITE_URL.startswith("https://"):
        findings.append(
            Warning("SITE_URL is not https.", hint="Cookies are sent over HTTPS only.", id="pointsmall.W001")
        )
    if settings.PRODUCTION and settings.SMS_SENDER == "console":
        findings.append(
            Warning(
                "Codes are printed, not sent: SMS_SENDER is 'console'.",
                hint="Members cannot sign in by code until a real sender is set.",
                id="pointsmall.W002",
            )
        )
    if settings.PRODUCTION and not settings.METRICS_TOKEN:
        findings.append(
            Warning(
                "/metrics answers nobody.",
                hint="Set METRICS_TOKEN, and give it to Prometheus as its bearer token.",
                id="pointsmall.W003",
            )
        )
    if unknown := sorted(set(settings.SMS_COUNTRIES) - SUPPORTED_REGIONS):
        findings.append(
            Error(
                f"Nobody knows these countries: {', '.join(unknown)}.",
                hint="SMS_COUNTRIES has two letters for each, as in CN,HK,MO.",
                id="pointsmall.E008",
            )
        )
    return findings


@register()
def calls_can_be_prepared(app_configs, **kwargs):
    """Return a finding for each database option that conflicts with ``core.call`` (decision 0008)."""
    options = settings.DATABASES[DEFAULT_DB_ALIAS].get("OPTIONS", {})
    threshold = options.get("prepare_threshold")
    against = []
    if type(threshold) is not int or threshold < 1:
        against.append("prepare_threshold")
    against += [name for name in ("server_side_binding", "cursor_factory") if options.get(name)]
    return [
        Error(
            f"The mall cannot work with {name} = {options.get(name)!r} among the options of its database.",
            hint=f"Take {name} out of DATABASE_URL. {AGAINST[name]}",
            id="pointsmall.E009",
        )
        for name in against
    ]


@register()
def payments_can_be_made(app_configs, **kwargs):
    """Return a finding for everything that would make a payment fail; keys are read as a payment reads them (F4)."""
    findings = []
    if unknown := [code for code in settings.PAYMENT_PROVIDERS if code not in payments.KNOWN]:
        findings.append(
            Error(
                f"Nobody knows these payment providers: {', '.join(unknown)}.",
                hint=f"PAYMENT_PROVIDERS may have: {', '.join(payments.KNOWN)}.",
                id="pointsmall.E002",
            )
        )
    for known in payments.KNOWN.values():
        findings += _provider(known(), is_on=known.code in settings.PAYMENT_PROVIDERS)
    origins = {origin for provider in payments.offered() for origin in provider.form_origins}
    if barred := sorted(origins - set(settings.PAYMENT_FORM_ORIGINS)):
        findings.append(
            Error(
                f"Browsers will not let members go on to pay at {', '.join(barred)}.",
                hint="Add it to PAYMENT_FORM_ORIGINS.",
                id="pointsmall.E005",
            )
        )
    if "sandbox" in settings.PAYMENT_PROVIDERS and not settings.SANDBOX_SECRET:
        findings.append(Error("The sandbox provider has no secret.", hint="Set SANDBOX_SECRET.", id="pointsmall.E003"))
    return findings


def _provider(provider, *, is_on):
    """A disabled provider is still asked about pending payments, so its keys must be right too."""
    if is_on and provider.missing:
        yield Error(
            f"The payment provider {provider.code} is switched on and lacks {', '.join(provider.missing)}.",
            hint="Set them as docs/payments.md says, or take it out of PAYMENT_PROVIDERS.",
            id="pointsmall.E006",
        )
    if is_on or not provider.missing:
        for name, why in provider.faults.items():
            yield Error(f"{name} {why}.", hint="docs/payments.md says how it is read.", id="pointsmall.E007")
