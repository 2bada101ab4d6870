"""Scripts cannot hang, flood, leave the sandbox or give what is no number of points (C7)."""

import threading
from decimal import Decimal
from time import perf_counter

import pytest

from points.rules import sandbox
from points.rules.sandbox import Failed, LimitReached, NotAScript

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


def run(body, key=None):
    source = f"function calculatePoints(level, amount, imported, facts) {{ {body} }}"
    return call(source, key=key)


def call(source, key=None, tier="gold", yuan=100.5, is_imported=True):
    return sandbox.call(key, source, tier, yuan, is_imported, points=7.5, category="imported_fruit", multiplier=1.5)


@pytest.mark.parametrize(
    ("tier", "yuan", "is_imported", "points"),
    [
        ("normal", 100.5, False, 100),
        ("silver", 100.5, False, 120),
        ("gold", 100.5, False, 150),
        ("gold", 100.5, True, 225),
        ("diamond", 100.5, True, 150),
        ("normal", 0.99, True, 0),
    ],
)
def test_the_printed_script_works_as_it_stands(tier, yuan, is_imported, points):
    sandbox.check(PRINTED)
    assert call(PRINTED, tier=tier, yuan=yuan, is_imported=is_imported) == points


def test_a_script_reads_what_the_rules_above_gave():
    assert run("return facts.points * 2 + (facts.category === 'imported_fruit' ? 1 : 0)") == 16


@pytest.mark.parametrize(
    "body",
    [
        "while (true) {}",
        "for (;;) { try { throw 1 } catch {} }",
        "const map = new Map(); for (;;) map.set(map.size, {})",
        "function deep() { return deep() + 1 } return deep()",
        "let text = 'a'; while (text.length < 40) text += 'a'; return /(a+)+$/.test(text + 'b') ? 1 : 2",
        "const holes = []; holes.length = 4e9; return JSON.stringify(holes).length",
    ],
)
def test_no_limit_is_passed(body):
    begun = perf_counter()
    with pytest.raises(LimitReached):
        run(body)
    assert perf_counter() - begun < 5  # twice the limit and the making of two contexts, on a machine under load


def test_a_list_that_only_grows_meets_a_limit():
    with pytest.raises(Failed):  # of time, of memory or of length, whichever is nearest on this machine
        run("const rows = []; for (;;) rows.push('x' + rows.length)")


@pytest.mark.parametrize(
    "body",
    [
        "const holes = []; holes.length = 4e9; return holes.indexOf(1)",
        "return Array.prototype.indexOf.call({length: 4e9}, 1)",
        "const holes = []; holes.length = 4e9; return [...holes].length",
        "const holes = []; holes.length = 4e9; return holes.values().drop(4e9).next().value",
        "return String.raw({raw: {length: 4e9}}).length",
        "return [[]].concat({length: 4e9, [Symbol.isConcatSpreadable]: true}).length",
    ],
)
def test_loops_inside_the_engine_are_refused(body):
    with pytest.raises(Failed):
        run(body)


@pytest.mark.parametrize(
    "body",
    [
        "return NaN", "return 1e308 * 10", "return -1", "return -Infinity", "return 2 ** 40", "return 1000001", "",
        "return null", "return '5'", "return true", "return {valueOf: () => 1}", "return Symbol()", "return [1]",
        "return calculatePoints", "throw 1", "throw null", "throw new Error('no')", "return nobody.knows",
        "return new Promise(() => 1)", "return import('fs')",
        "let text = 'x'; for (;;) text += text",
    ],
)  # fmt: skip
def test_only_a_number_of_points_counts(body):
    with pytest.raises(Failed):
        run(body)


@pytest.mark.parametrize(
    ("body", "points"), [("return 0", "0"), ("return -0", "0"), ("return 1000000", "1000000"), ("return 0.5", "0.5")]
)
def test_numbers_in_range_count(body, points):
    assert run(body) == Decimal(points)


def test_a_large_purchase_may_earn_much():
    assert call(PRINTED, yuan=20_000_000.0) == 45_000_000


@pytest.mark.parametrize(
    "reach",
    [
        "Date.now()", "new Date()", "Math.random()", "performance.now()", "eval('1')", "Function('return 1')()",
        "(() => 1).constructor('return 1')()", "(async () => 1).constructor('return 1')()", "setTimeout(() => 1, 1)",
        "require('fs')", "std.open('/etc/passwd')", "os.now()", "fetch('http://a')", "console.log(1)", "print(1)",
        "new WeakRef({}).deref()", "BigInt(1)",
    ],
)  # fmt: skip
def test_nothing_outside_can_be_reached(reach):
    with pytest.raises(Failed):
        run(f"{reach}; return 1")


@pytest.mark.parametrize(
    "source",
    [
        "function calculatePoints( {",
        "} function calculatePoints() {} {",
        "let total = 1",
        "const = 1; function calculatePoints() {}",
        "function calculatePoints() { return Number(3n ** 9n) }",
        "// calculatePoints" + "x" * sandbox.MOST_CHARACTERS,
        "",
    ],
)
def test_what_is_no_script_is_found_without_running_it(source):
    with pytest.raises(NotAScript):
        sandbox.check(source)


def test_checking_runs_nothing():
    sandbox.check("while (true) {} function calculatePoints() {}")


@pytest.mark.parametrize(
    "source", ["const calculatePoints = 5", "// calculatePoints", "{ let calculatePoints = () => 1 }"]
)
def test_the_function_must_be_there(source):
    with pytest.raises(NotAScript):
        call(source)


def test_a_script_may_be_an_arrow_and_may_name_its_own_constants():
    assert call("const SILVER = 'x'; const calculatePoints = (level) => level === GOLD ? 3 : 4") == 3


def test_contexts_stay_warm():
    source = "let calls = 0; function calculatePoints() { return ++calls }"
    assert [call(source, key="warm") for _ in range(3)] == [1, 2, 3]
    assert call(source) == 1


def test_a_full_context_is_made_anew():
    """What earlier calls left behind does not count against a script."""
    source = "const kept = []; function calculatePoints() { kept.push('x'.concat(kept.length).split('')); return 1 }"
    assert {call(source, key="full") for _ in range(100)} == {1}


def test_a_failed_context_is_not_used_again():
    source = "let calls = 0; function calculatePoints(level) { calls++; if (level === SILVER) throw 1; return calls }"
    assert call(source, key="again") == 1
    with pytest.raises(Failed):
        call(source, key="again", tier="silver")
    assert call(source, key="again") == 1


def test_only_so_many_stay_warm():
    for number in range(sandbox.CONTEXTS + 3):
        call(PRINTED, key=f"many{number}")
    assert len(sandbox._warm()) == sandbox.CONTEXTS


def test_threads_have_their_own():
    source = "let calls = 0; function calculatePoints() { return ++calls }"
    results, gate = [], threading.Barrier(8)

    def work():
        gate.wait()
        results.append([call(source, key="thread") for _ in range(200)][-1])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [200] * 8


def test_a_fork_goes_on(tmp_path):
    """Celery's prefork: a warm context is used on both sides."""
    import multiprocessing

    call(PRINTED, key="fork")
    pipe = multiprocessing.get_context("fork").Pool(1)
    with pipe:
        assert pipe.apply_async(call, (PRINTED,), {"key": "fork"}).get(20) == 225
    assert call(PRINTED, key="fork") == 225
