"""Scripts cannot hang, flood, leave the sandbox or give what is no number of points (C7)."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import psutil
import pytest

from points.earning.rules import sandbox
from points.earning.rules.sandbox import Failed, LimitReached, NotAScript, Unavailable, processes

ROOT = Path(__file__).resolve().parents[4]
ENVIRONMENT = os.environ | {"DJANGO_SETTINGS_MODULE": "pointsmall.settings"}

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
        "const a = []; a.length = 4294967295; return JSON.stringify({x: 1}, a).length",
        "const f = () => 1; Object.defineProperty(f, 'length', {value: 2 ** 53 - 1, writable: true});"
        "Array.prototype.reverse.call(f); return 1",
        "Array.prototype.reverse.call({length: 2 ** 53 - 1}); return 1",
        "Array.prototype.sort.call({length: 4e9}); return 1",
        "Array.prototype.fill.call({length: 4e9}, 0); return 1",
        "Array.prototype.lastIndexOf.call({length: 4e9}, 1); return 1",
        "Array.prototype.copyWithin.call({length: 4e9}, 1, 0); return 1",
        "return Array.from({length: 4e9}).length",
        "return new Array(4294967295).join('').length",
        "return Array.apply(null, {length: 4e9}).length",
        "return Math.max(...new Array(1e9))",
        "return 'x'.repeat(2 ** 29).length",
        "return 'x'.padStart(2 ** 30 - 1).length",
        "let text = 'a'; for (;;) text = text.replaceAll('a', 'aa')",
        "let text = 'a'.repeat(1e6); for (;;) text.indexOf('a'.repeat(5e5) + 'b')",
        "return /^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(60)) ? 1 : 2",
        "return 'a'.repeat(5e4).match(/(.*)*b/) ? 1 : 2",
        "return 'x'.repeat(1e6).split('').sort(() => 0).map((one, n, all) => all.indexOf('y')).length",
        "const set = new Set(); for (let n = 0; ; n++) set.add('key' + n)",
        "const deep = []; let at = deep; for (let n = 0; n < 1e5; n++) at = at[0] = [];"
        "return JSON.stringify(deep).length",
        "let n = 2; n = Number((() => { try { return Object(2n ** 2n) } catch { return 1 } })()); for (;;) n++",
    ],
)
def test_loops_inside_the_engine_are_ended(body):
    run("return 1")  # a process is there
    begun = perf_counter()
    with pytest.raises(Failed):
        run(body)
    assert perf_counter() - begun < 5  # 0.2 s where nothing else runs
    assert run("return 1") == 1


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
        "}), (() => { for (;;); })(), (() => { calculatePoints",
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


# One way each to remember the lines before: "kept" is what the line finds.
LEAVES = {
    "a variable": ("let kept = 0;", "return kept++"),
    "an object": ("const store = {kept: 0};", "return store.kept++"),
    "a name that nobody declared": ("", "if (typeof kept === 'undefined') kept = 0; return kept++"),
    "a function": ("", "const kept = calculatePoints.kept ?? 0; calculatePoints.kept = kept + 1; return kept"),
    "the global object": ("", "globalThis.kept ??= 0; return globalThis.kept++"),
    "what cannot be deleted": (
        "",
        "const kept = globalThis.kept ?? 0;"
        "Object.defineProperty(globalThis, 'kept' + kept, {value: 1}); return 'kept0' in globalThis ? kept : 0",
    ),
    "a property that nobody may change": (
        "", "if ('kept' in globalThis) return 1; Object.defineProperty(globalThis, 'kept', {value: 1}); return 0"
    ),
    "a getter": ("", "if ('kept' in globalThis) return 1; Object.defineProperty(globalThis, 'kept', "
                 "{get: () => 1, configurable: true}); return 0"),
    "a closed global object": (
        "", "const kept = Object.isExtensible(globalThis) ? 0 : 1; Object.preventExtensions(globalThis); return kept"
    ),
    "what stands above the global object": (
        "", "const kept = globalThis.kept ?? 0; Object.setPrototypeOf(globalThis, {kept: 1}); return kept"
    ),
    "a number of the shop": ("", "const kept = GOLD === 'gold' ? 0 : 1; GOLD = 'x'; return kept"),
    "an object of the language": ("", "const kept = Math.kept ?? 0; Math.kept = 1; return kept"),
    "a function of the language": ("", "const kept = parseInt.kept ?? 0; parseInt.kept = 1; return kept"),
    "a changed function": ("", "const kept = Math.floor(0.5); Math.floor = () => 1; return kept"),
    "a prototype": ("", "const kept = [].kept ?? 0; Array.prototype.kept = 1; return kept"),
    "a prototype of all": ("", "const kept = ({}).kept ?? 0; Object.prototype.kept = 1; return kept"),
    "what a prototype hands on": (
        "",
        "const {get} = Object.getOwnPropertyDescriptor(Object.prototype, 'toString') ?? {};"
        "const kept = get?.kept ?? Object.prototype.toString.kept ?? 0;"
        "if (get) get.kept = 1; Object.prototype.toString.kept = 1; return kept",
    ),
    "what only syntax reaches": (
        "",
        "const above = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})()));"
        "const kept = above.kept ?? 0; above.kept = 1; return kept",
    ),
    "what only a call reaches": (
        "",
        "const above = Object.getPrototypeOf([].values()); const kept = above.kept ?? 0; above.kept = 1; return kept",
    ),
    "a promise": (
        "",
        "const above = Object.getPrototypeOf((async () => 1)());"
        "const kept = above.kept ?? 0; above.kept = 1; return kept",
    ),
    "a template": (
        "", "const at = ((parts) => parts)`x`; const kept = at.kept ?? 0;"
        "try { at.kept = 1 } catch {} return kept"
    ),
    "a setting of the engine": (
        "", "const kept = Error.stackTraceLimit === 3 ? 1 : 0; Error.stackTraceLimit = 3; return kept"
    ),
    "another setting of the engine": (
        "", "const kept = Error.prepareStackTrace ? 1 : 0; Error.prepareStackTrace = () => 1; return kept"
    ),
    "strictness": ("'use strict'; let kept = 0;", "return kept++"),
    "what is there while it is read": ("this.kept ??= 0; this.kept++;", "return kept - 1"),
}  # fmt: skip


@pytest.mark.parametrize("way", LEAVES)
def test_no_line_finds_what_another_left(way):
    before, body = LEAVES[way]
    source = f"{before}\nfunction calculatePoints(level, yuan) {{ {body} }}"
    sandbox.check(source)
    points, failure = sandbox.call_many(way, source, [("gold", 1.0, True, *FACTS)] * 4)
    assert (points, failure) == ([0] * 4, None)
    assert call(source, key=way) == 0


@pytest.mark.parametrize(
    ("body", "points"),
    [
        ("const it = {}; it.toString = () => '7'; return Number(`${it}`)", 7),
        ("const error = new TypeError('no'); error.name = error.message = '7'; return Number(error.name)", 7),
        ("class Odd extends Error { constructor() { super('x'); this.name = 'Odd' } } return new Odd().name.length", 3),
        ("function Box() {} Box.prototype.valueOf = function () { return 5 }; return +new Box()", 5),
        ("const sums = {}; sums['constructor'] = 4; return Object.keys(sums).length + sums.constructor", 5),
        ("let n = 0; for (const key in {a: 1, b: 2}) n++; return n", 2),
        ("total = 3; for (i = 0; i < 4; i++) total += i; return total", 9),
    ],
)
def test_usual_javascript_works_beside_it(body, points):
    assert [run(body, key=body) for _ in range(2)] == [points] * 2


def test_contexts_stay_warm():
    call(PRINTED, key="warm")
    assert processes.ask(["call", "warm", None, [("gold", 100.5, False, *FACTS)]])[0] == [150]
    assert processes.ask(["call", "cold", None, []]) is None


def test_a_full_context_is_made_anew():
    """What earlier calls left behind does not count against a script."""
    source = "function calculatePoints() { const ring = [new Array(5e5).fill(0)]; ring.push(ring); return 1 }"
    assert {call(source, key="full") for _ in range(100)} == {1}


def test_a_failed_context_is_not_used_again():
    source = "function calculatePoints(level) { if (level === SILVER) throw 1; return 2 }"
    assert call(source, key="again") == 2
    with pytest.raises(Failed):
        call(source, key="again", tier="silver")
    assert processes.ask(["call", "again", None, []]) is None
    assert call(source, key="again") == 2


def test_only_so_many_stay_warm():
    for number in range(9):
        call(PRINTED, key=f"many{number}")
    assert processes.ask(["call", "many8", None, []]) is not None
    assert processes.ask(["call", "many0", None, []]) is None


def test_many_lines_are_one_call():
    lines = [("gold", yuan, True, *FACTS) for yuan in range(1, 1_201)]
    points, failure = sandbox.call_many("all", PRINTED, lines)
    assert failure is None
    assert points == [call(PRINTED, yuan=yuan) for yuan in range(1, 1_201)]


@pytest.mark.parametrize(
    "bad", ["throw 1", "return -1", "for (;;) {}", "Array.prototype.reverse.call({length: 2**53})"]
)
@pytest.mark.parametrize("key", [None, "bad"])
def test_what_was_worked_before_a_line_fails_is_kept(bad, key):
    source = f"function calculatePoints(level, yuan) {{ if (yuan === 7) {{ {bad} }} return yuan }}"
    points, failure = sandbox.call_many(key, source, [("gold", yuan, True, *FACTS) for yuan in range(1, 11)])
    assert points == [1, 2, 3, 4, 5, 6]
    assert isinstance(failure, Failed)


def test_threads_do_not_get_each_others_answers():
    results, gate = [], threading.Barrier(8)

    def work(number):
        gate.wait()
        results.append({call(PRINTED, key="thread", yuan=100.0 * number, is_imported=False) for _ in range(200)})

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results, key=max) == [{150 * number} for number in range(8)]
    assert len(processes._all) <= processes.MOST


def test_a_fork_goes_on():
    """Celery's prefork: both sides go on, each with processes of its own."""
    import multiprocessing

    call(PRINTED, key="fork")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        waiting = [pool.apply_async(_many_calls, (yuan,)) for yuan in (100.0, 200.0)]
        assert _many_calls(300.0) == {675}
        assert [each.get(20) for each in waiting] == [{225}, {450}]


def _many_calls(yuan):
    return {call(PRINTED, key="fork", yuan=yuan) for _ in range(300)}


def running():
    """Processes of this one that run scripts."""
    return [one for one in psutil.Process().children() if "child.py" in " ".join(one.cmdline())]


def test_the_process_has_nothing_of_ours(monkeypatch, db):
    monkeypatch.setenv("SECRET_KEY", "ours")
    processes.end_all()
    run("return 1")
    (child,) = running()
    assert child.environ() == {}
    assert child.cwd() == "/"
    assert child.net_connections() == []
    assert child.num_fds() <= 4
    limits = {name: child.rlimit(getattr(psutil, f"RLIMIT_{name}"))[0] for name in ("AS", "NPROC", "FSIZE", "CORE")}
    assert limits == {"AS": processes.PROCESS_BYTES, "NPROC": 0, "FSIZE": 0, "CORE": 0}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_was_killed_while_idle_is_replaced(number):
    run("return 1")
    for child in running():
        child.send_signal(number)
        child.wait()
    assert run("return 2") == 2


def test_who_stops_the_mall_condemns_no_script():
    """A service manager signals every process of the mall, this one in the midst of a call as well."""
    source = "function calculatePoints() { for (let n = 0; n < 1e6; n++); return 1 }"
    stop = threading.Event()

    def strike():
        while not stop.wait(0.02):
            for child in running():
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.send_signal(signal.SIGTERM)

    thread = threading.Thread(target=strike)
    thread.start()
    assert {call(source, key="stop") for _ in range(20)} == {1}
    stop.set()
    thread.join()


def test_processes_that_are_killed_again_and_again_are_not_the_scripts_fault(monkeypatch):
    monkeypatch.setattr(processes._Process, "_answer", lambda *_arguments: (_ for _ in ()).throw(processes._Lost()))
    with pytest.raises(Unavailable):
        run("return 1")


def test_a_process_that_stands_still_is_replaced(monkeypatch):
    run("return 1")
    monkeypatch.setattr(processes, "PATIENCE_S", 1)
    for child in running():
        child.suspend()
    assert run("return 2") == 2


def test_they_end_with_the_process_that_asked():
    code = (
        "import django; django.setup();"
        "from points.earning.rules import sandbox; from points.earning.rules.sandbox import processes;"
        "sandbox.call(None, 'const calculatePoints = () => 1', 'gold', 1.0, True, 1.0, '', 1.0);"
        "print(*[process._popen.pid for process in processes._all], flush=True);"
        "import time; time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.communicate()
    child.wait(10)
    assert not child.is_running()
