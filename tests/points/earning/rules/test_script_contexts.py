"""Contexts of scripts stay warm, and no line finds what another left (C7)."""

import threading

import pytest

from points.earning.rules import sandbox
from points.earning.rules.sandbox import Failed, processes
from tests.points.earning.rules.scripted import FACTS, PRINTED, call

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
