"""Decodes forms posted by providers, in the charset that one of their fields names."""

import re
from urllib.parse import parse_qsl

CODECS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
MOST_FIELDS = 100


def codec_of(content: bytes, field: str) -> str:
    """The codec that ``field`` names in the bytes of a form, UTF-8 where it says nothing; raises ``ValueError``."""
    named = re.search(rb"(?:^|&)" + field.encode() + rb"=([^&]*)", content)
    name = named[1].decode("ascii", "replace").lower() if named else "utf-8"
    if name not in CODECS:
        raise ValueError(f"unknown charset {name!r}")
    return CODECS[name]


def fields_of(body: bytes, codec: str) -> dict[str, str]:
    """The fields of a url-encoded body; raises ``ValueError``."""
    return dict(
        parse_qsl(
            body.decode(codec),
            keep_blank_values=True,
            strict_parsing=True,
            encoding=codec,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    )
