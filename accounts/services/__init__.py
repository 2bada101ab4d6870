"""The only writers of members and addresses."""

from accounts.services.addresses import (
    MOST_ADDRESSES,
    AddressNotValid,
    TooManyAddresses,
    delete_address,
    make_default,
    save_address,
)
from accounts.services.members import (
    EmailTaken,
    MemberNeedsName,
    NameTaken,
    PhoneTaken,
    UsernameTaken,
    change_phone,
    confirm_phone,
    create_member,
    delete_group,
    register,
    rename,
    save_group,
    set_active,
    set_staff,
)

__all__ = [
    "MOST_ADDRESSES",
    "AddressNotValid",
    "EmailTaken",
    "MemberNeedsName",
    "NameTaken",
    "PhoneTaken",
    "TooManyAddresses",
    "UsernameTaken",
    "change_phone",
    "confirm_phone",
    "create_member",
    "delete_address",
    "delete_group",
    "make_default",
    "register",
    "rename",
    "save_address",
    "save_group",
    "set_active",
    "set_staff",
]
