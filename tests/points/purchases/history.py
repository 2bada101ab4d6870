"""Lines of a history of purchases, as a file has them."""

HEADER = "member,order_number,paid_at,category,amount,refund_of\n"
PHONE = "13800138000"


def line(number="A1", paid_at="2026-11-01T10:00:00", category="", amount="88.00", refund_of="", member=PHONE):
    return f"{member},{number},{paid_at},{category},{amount},{refund_of}"
