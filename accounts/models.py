"""Members and staff, their addresses and their notices."""

from contextlib import suppress

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts import phones, wording
from core import clock, lookalikes, texts
from core.crypto import EncryptedTextField

username_validator = RegexValidator(
    r"^[^\W\d_][\w.-]*\Z", _("A username starts with a letter; letters, digits, dot, dash and underscore may follow.")
)


def one_script_validator(username):
    """Refuses letters that look like others, such as Cyrillic ``а`` among Latin ones, so that nobody can pose as
    ``admin``."""
    if lookalikes.is_disguised(username):
        raise ValidationError(_("Please write a username in one script, not in letters that look alike."))


def no_phone_validator(username):
    """Refuses names that sign-in would read as a phone number: ``tel13800000001``."""
    with suppress(phones.PhoneNotValid):
        phones.parse(username)
        raise ValidationError(_("A username cannot be a phone number."))


def mask_email(email):
    """``l***@example.com``; empty for none."""
    name, at, host = (email or "").partition("@")
    return f"{name[:1]}***{at}{host}" if at else ""


class UserManager(BaseUserManager):
    """Members sign up through ``accounts.services``; this creates staff, and has what Django needs of a user model."""

    def create_user(self, password=None, username=None, **fields):
        user = self.model(**{"date_joined": clock.now(), "username": texts.typed(username or ""), **fields})
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username=username, password=password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username):
        return self.get(username__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A member, and a staff person when ``is_staff``. One of username, e-mail and phone is enough (A1).

    Absent ones are NULL, never empty, so that the unique constraints ignore them.
    """

    # Never to be taken for a phone number or an e-mail address: people sign in with either in the same field.
    username = models.CharField(
        _("username"),
        max_length=32,
        null=True,
        blank=True,
        validators=[username_validator, one_script_validator, no_phone_validator],
    )
    # What the username looks like; NULL where another member had such a name before that was compared.
    username_skeleton = models.TextField(null=True, editable=False)
    email = models.EmailField(_("e-mail"), null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True, help_text=_("E.164: +8613800000001"))
    phone_verified = models.BooleanField(_("phone verified"), default=False)
    nickname = models.CharField(_("nickname"), max_length=32, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"))
    # How often all sessions were ended: those of an earlier round no longer count.
    session_round = models.PositiveIntegerField(_("sessions ended"), default=0, db_default=0, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            # UPPER() is what Django's ``iexact`` compares, so that signing in uses these indexes.
            models.UniqueConstraint(Upper("username"), name="user_username_unique"),
            models.UniqueConstraint(fields=["username_skeleton"], name="user_username_unlike_others"),
            models.UniqueConstraint(Upper("email"), name="user_email_unique"),
            models.UniqueConstraint(fields=["phone"], name="user_phone_unique"),
            models.CheckConstraint(
                condition=Q(username__isnull=False) | Q(email__isnull=False) | Q(phone__isnull=False),
                name="user_has_a_name",
            ),
            models.CheckConstraint(
                condition=~Q(username="") & ~Q(email="") & ~Q(phone=""), name="user_names_not_empty"
            ),
        ]

    def __str__(self):
        return self.display_name or f"#{self.pk}"

    def get_username(self):
        """Never None, for pages that greet staff by username: not everybody has one."""
        return self.username or self.display_name

    def clean(self):
        # Django's own would write what get_username() says back into the field.
        self.username = self.normalize_username(self.username) if self.username else None

    def save(self, **kwargs):
        for name in ("username", "email", "phone"):  # others write "" where they mean none
            setattr(self, name, getattr(self, name) or None)
        if self._state.adding and self.username:
            self.username_skeleton = lookalikes.skeleton(self.username)
        super().save(**kwargs)

    @property
    def display_name(self):
        """The name used to greet the member: nickname, else username, else the masked phone or e-mail."""
        return self.nickname or self.username or self.masked_phone or self.masked_email

    @property
    def masked_phone(self):
        return phones.mask(self.phone)

    @property
    def masked_email(self):
        return mask_email(self.email)

    def get_session_auth_hash(self):
        return self._of_this_round(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self):
        return (self._of_this_round(digest) for digest in super().get_session_auth_fallback_hash())

    def _of_this_round(self, digest):
        return f"{digest}.{self.session_round}" if self.session_round else digest


class Address(models.Model):
    """A delivery address (A5). Personal data is encrypted (H6); at most one address per member is the default."""

    member = models.ForeignKey(User, models.CASCADE, related_name="addresses", verbose_name=_("member"))
    name = EncryptedTextField(_("recipient"))
    phone = EncryptedTextField(_("phone"), help_text=_("E.164: +8613800000001"))
    region_code = models.CharField(_("region code"), max_length=6)
    province = models.CharField(_("province"), max_length=32)
    city = models.CharField(_("city"), max_length=32, blank=True)
    district = models.CharField(_("district"), max_length=32, blank=True)
    detail = EncryptedTextField(_("street and number"))
    label = models.CharField(_("label"), max_length=8, blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(is_default=True), name="address_one_default"),
            models.CheckConstraint(condition=Q(region_code__regex=r"^[0-9]{6}$"), name="address_region_code"),
        ]

    def __str__(self):
        return f"#{self.pk}"

    @property
    def masked_phone(self):
        """``138 **** 0001``."""
        return phones.mask(self.phone)

    @property
    def region_text(self):
        """``浙江省杭州市西湖区``; a municipality is named once: ``北京市朝阳区``."""
        city = "" if self.city == self.province else self.city
        return f"{self.province}{city}{self.district}"

    @property
    def full_text(self):
        """The whole address in one line, as printed on a parcel."""
        return f"{self.region_text}{self.detail}"


class Notice(models.Model):
    """A message to a member, sent once for each ``key`` (A6).

    ``title`` and ``text`` are English messages that are translated when they are read; ``values`` stand in for their
    ``%(name)s`` (``accounts.wording``). ``url`` is a path of the mall where there is more, or empty.
    """

    class Topic(models.TextChoices):
        POINTS = "points", _("Points")
        TIER = "tier", _("Membership tier")
        ORDERS = "orders", _("Orders")
        RULES = "rules", _("Rules")
        SHOP = "shop", _("The shop")
        SAFETY = "safety", _("Account and safety")

    member = models.ForeignKey(User, models.CASCADE, related_name="notices", db_index=False, verbose_name=_("member"))
    topic = models.CharField(_("topic"), max_length=16, choices=Topic)
    title = models.CharField(_("title"), max_length=120)
    text = models.CharField(_("text"), max_length=500)
    values = models.JSONField(_("values"), default=dict)
    url = models.CharField(_("address"), max_length=200, blank=True)
    key = models.CharField(_("key"), max_length=128)
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="notice_once"),
            models.CheckConstraint(condition=~Q(key="") & ~Q(title=""), name="notice_says_something"),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_by_member"),
            models.Index(fields=["member"], condition=Q(read_at__isnull=True), name="notice_unread"),
        ]

    def __str__(self):
        return f"{self.topic} {self.key}"

    @property
    def shown_title(self):
        return wording.translated(self.title, self.values)

    @property
    def shown_text(self):
        return wording.translated(self.text, self.values)
