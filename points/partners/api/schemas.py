"""What goes over the wire (H3). Money is whole fen, points are whole points, moments are ISO 8601 with an offset."""

import re
from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Path, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from points.partners.services.deductions import LONGEST_MINUTES
from points.purchases.queries.names import is_text
from points.purchases.services.purchases import MOST_FEN

MOST_POINTS = 2**31 - 1
WRITTEN_OUT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _storable(text):
    if not is_text(text):
        raise PydanticCustomError("unkeepable", "holds a character that cannot be kept")
    return text


def _written_out(moment):
    """pydantic would take Unix seconds as well, and guess from their size whether they are milliseconds."""
    if not isinstance(moment, str) or not WRITTEN_OUT.match(moment):
        raise PydanticCustomError("moment", "is no moment in ISO 8601")
    return moment


NUMBER_PATTERN = r"^[A-Za-z0-9_.:-]{1,64}$"
Number = Annotated[
    str, Field(pattern=NUMBER_PATTERN, description="Yours: letters, digits and _ . : -", examples=["A-1"])
]
Text = Annotated[str, AfterValidator(_storable)]
MemberName = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=64,
        description="A mobile number (11 digits, or E.164), or your own number of the member (external_id).",
        examples=["13800000001"],
    ),
]
Points = Annotated[int, Field(strict=True, ge=1, le=MOST_POINTS, examples=[100])]
Reason = Annotated[Text, Field(max_length=100, description="The member reads it in the history.")]

MemberInPath = Annotated[
    str, Path(min_length=1, max_length=64, description="As in `member`; percent-encoded, but for a `/`.")
]
NumberInPath = Annotated[str, Path(pattern=NUMBER_PATTERN)]
UUIDInPath = Annotated[UUID, Path()]


class In(Schema):
    """What is not known is refused: a misspelt field is not a field left out."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """A refusal. `code` is stable; `title` is for people, in the language of Accept-Language (zh or en)."""

    type: str
    title: str
    status: int
    code: str
    details: dict = {}


class LineIn(In):
    category: Annotated[
        Text, Field(max_length=64, description="The mall's category code; empty: none that counts.")
    ] = ""
    amount_fen: Annotated[int, Field(strict=True, ge=1, le=MOST_FEN, description="Paid for this line, in fen.")]


class PurchaseIn(In):
    member: MemberName
    number: Number
    paid_at: Annotated[AwareDatetime, BeforeValidator(_written_out)]
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=200)]


class PurchaseOut(Schema):
    number: str
    member_id: int
    points: int = Field(description="What it earned; usable when the after-sale window closes.")


class RefundIn(In):
    refund_number: Number
    amount_fen: Annotated[int, Field(strict=True, ge=1, le=MOST_FEN)]
    category: Annotated[Text, Field(max_length=64, description="Of one category only.")] = ""


class RefundOut(Schema):
    number: str
    refund_number: str
    points_taken: int = Field(description="By how many points the balance went down.")


class MemberIn(In):
    phone: Annotated[Text, Field(min_length=1, max_length=32, examples=["13800000001"])]
    external_id: Annotated[Text, Field(max_length=64, description="From now on you may name the member so.")] = ""


class MemberOut(Schema):
    member_id: int
    is_new: bool


class MemberFound(Schema):
    member_id: int
    external_id: str


class BalanceOut(Schema):
    member_id: int
    available: int
    pending: int
    held: int
    expiring_points: int
    expires_at: AwareDatetime | None = Field(description="When the soonest of them end.")


class DeductionIn(In):
    member: MemberName
    points: Points
    reference: Number
    hold_minutes: Annotated[int, Field(strict=True, ge=1, le=LONGEST_MINUTES)] = 30
    reason: Reason = ""


class DeductionOut(Schema):
    id: UUID
    reference: str
    member_id: int
    points: int
    returned_points: int
    state: Literal["held", "confirmed", "cancelled", "expired"]
    deadline: AwareDatetime


class GiveBackIn(In):
    refund_number: Number
    points: Points


class GrantIn(In):
    member: MemberName
    points: Points
    reference: Number
    reason: Reason = ""


class GrantOut(Schema):
    reference: str
    member_id: int
    points: int


class EntryOut(Schema):
    entry: int
    kind: str
    reference: str
    member_id: int
    external_id: str
    points: int
    at: AwareDatetime
    details: dict


class EntriesOut(Schema):
    entries: list[EntryOut]
    next_cursor: int = Field(description="Ask with it for what comes after.")
    has_more: bool
