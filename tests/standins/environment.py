"""The environment in which a mall of its own process speaks to stand-ins."""

# setting -> what its variables begin with; the few that are named otherwise stand below
PREFIXES = {"WECHAT_PAY": "WECHAT_PAY_", "ALIPAY": "ALIPAY_", "UNIONPAY": "UNIONPAY_"}
NAMED = {("WECHAT_PAY", "login"): "WECHAT_LOGIN", ("WECHAT_PAY", "login_api"): "WECHAT_LOGIN_API"}


def lines(standins, folder):
    """``NAME=value`` for all that ``standins`` need; keys are written into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [
        "PAYMENT_PROVIDERS=" + ",".join(standin.code for standin in standins),
        "PAYMENT_FORM_ORIGINS=" + ",".join(standin.url for standin in standins),
    ]
    for standin in standins:
        for setting, values in standin.settings().items():
            for name, value in values.items():
                variable = NAMED.get((setting, name), PREFIXES[setting] + name.upper())
                if value.startswith("-----BEGIN"):
                    path = (folder / f"{variable.lower()}.pem").resolve()
                    path.touch(mode=0o600)
                    path.write_text(value)
                    value = str(path)
                found.append(f"{variable}={value}")
    return found
