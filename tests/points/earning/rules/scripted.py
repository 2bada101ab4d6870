"""The script that the shop's plan prints, and calls of any other."""

from points.earning.rules import sandbox

# As the shop's plan prints it.
PRINTED = """\
// 消费积分计算规则
function calculatePoints(userLevel, amount, isImported) {
let basePoints = Math.floor(amount);
let multiplier = 1;
if(userLevel === SILVER) multiplier = 1.2;
else if(userLevel === GOLD) multiplier = 1.5;
if(isImported) multiplier *= 1.5; // 进口水果加成
return Math.floor(basePoints * multiplier);
}
"""


FACTS = (7.5, "imported_fruit", 1.5)


def run(body, key=None):
    source = f"function calculatePoints(level, amount, imported, facts) {{ {body} }}"
    return call(source, key=key)


def call(source, key=None, tier="gold", yuan=100.5, is_imported=True):
    return sandbox.call(key, source, tier, yuan, is_imported, *FACTS)
