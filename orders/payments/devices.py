"""What a member holds in hand decides how a provider takes the money: nobody is asked for it."""

from enum import StrEnum


class Device(StrEnum):
    PHONE = "phone"
    DESKTOP = "desktop"
    WECHAT = "wechat"  # the browser inside WeChat, on whatever it runs


def device_of(user_agent: str) -> Device:
    """The device of a User-Agent header; what says nothing is a desktop, where a code can be scanned."""
    agent = user_agent.lower()
    if "micromessenger" in agent:
        return Device.WECHAT
    if any(word in agent for word in ("mobile", "android", "iphone", "ipad")):
        return Device.PHONE
    return Device.DESKTOP
