# SPDX-License-Identifier: Apache-2.0
"""Attack 112: the record of a run changed, cut short or removed, from inside or afterwards."""

import json

from attacks import Attack, make_tests

CODE = """
home = os.environ["HOME"]
RECORDS = home + "/.local/state/inner/runs"
def spoil():
    for folder, _, names in os.walk(RECORDS):
        for name in names:
            open(os.path.join(folder, name), "a").write("x")
            return
    raise Stopped("nothing")
attack("records in the home directory", spoil)
attack("in the run-time directory", lambda: must(os.listdir("RUNTIME/inner")))
"""


class Somewhere:
    def __init__(self, person):
        self.person = person

    def __enter__(self):
        path = self.person.home / ".local/state/inner/runs/older"
        path.mkdir(parents=True, exist_ok=True)
        (path / "canary").write_text("")
        (self.person.runtime / "inner").mkdir(mode=0o700, exist_ok=True)
        return {"RUNTIME": self.person.runtime}

    def __exit__(self, *_):
        (self.person.home / ".local/state/inner/runs/older/canary").unlink()
        (self.person.home / ".local/state/inner/runs/older").rmdir()


ATTACKS = [Attack("from inside", CODE, {"records in the home directory": "nothing", "in the run-time directory": "ENOENT"},
                  outside=("records in the home directory",), setup=Somewhere)]
somebody, test_outside, test_inside = make_tests(ATTACKS)


def record(inner):
    assert inner.run("echo one; echo two").returncode == 0
    runs = sorted((inner.home / ".local/state/inner/runs").glob("*/events*"))
    assert len(runs) == 1, runs
    assert inner("log", "verify").returncode == 0
    return runs[0]


def is_intact(inner):
    done = inner("log", "verify", "--json")
    return all(run["intact"] for run in json.loads(done.stdout)) and done.returncode == 0


def test_a_changed_line(inner):
    path = record(inner)
    lines = path.read_text().splitlines(True)
    assert len(lines) >= 2
    for number in range(len(lines)):
        changed = list(lines)
        changed[number] = changed[number].replace("0", "1", 1) if "0" in changed[number] else changed[number].upper()
        path.write_text("".join(changed))
        assert not is_intact(inner), changed[number]
    path.write_text("".join(lines))
    assert is_intact(inner)


def test_lines_left_out_added_and_exchanged(inner):
    path = record(inner)
    lines = path.read_text().splitlines(True)
    for changed in (lines[1:], lines[:-1], lines[:1] + lines[2:], [lines[1], lines[0], *lines[2:]], [*lines, lines[-1]], []):
        path.write_text("".join(changed))
        assert not is_intact(inner), changed
