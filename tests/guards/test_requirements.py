"""Every package is pinned, says what it is for, and is locked with the hashes of its files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+) +# \S.*$")
LOCKED = re.compile(r"^([a-z0-9-]+)==([^\s;]+)[^\n]*((?:\n +--hash=sha256:[0-9a-f]{64}(?: \\)?)*)", re.MULTILINE)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("kind", ["", "-dev"])
def test_each_line_is_pinned_and_locked(kind):
    wanted = {}
    for line in (ROOT / f"requirements{kind}.txt").read_text().splitlines():
        if line and not line.startswith(("#", "-r ")):
            found = PIN.match(line)
            assert found, f"pin it, and say what it is for: {line}"
            wanted[normal(found[1])] = found[2]
    locked = {
        name: version for name, version, _hashes in LOCKED.findall((ROOT / f"requirements{kind}.lock").read_text())
    }
    assert wanted
    assert {name: locked.get(name) for name in wanted} == wanted, "run `make lock`"


@pytest.mark.parametrize("kind", ["", "-dev"])
def test_each_locked_package_has_hashes(kind):
    text = (ROOT / f"requirements{kind}.lock").read_text()
    assert [name for name, _version, hashes in LOCKED.findall(text) if not hashes] == []
    assert "://" not in text, "a lock names no address"
