# SPDX-License-Identifier: Apache-2.0
"""Which layer of a sandbox stops which attack: tests/attack/matrix prints it, tests/attack/test_layers.py holds it against
what is expected."""

import contextlib
import ctypes
import importlib
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from attacks import ATTACK_FILES, carry_out
from conftest import PR_SET_CHILD_SUBREAPER, Inner
from layers import LAYERS

# Without a /proc of its own the attacks would be carried out against the processes of the host.
EVERYTHING = [layer for layer in LAYERS if layer != "private-proc"]


@dataclass
class Row:
    number: int
    attack: str
    part: str
    sole: set = field(default_factory=set)  # layers without which it gets through
    alone: set = field(default_factory=set)  # layers that stop it when all others are left out
    bare: bool = False  # it gets through when all are left out


def collect(numbers=None):
    """Every attack that is a table, with its number."""
    found = []
    for path in ATTACK_FILES:
        number = int(path.name[5:8])
        if (numbers is None or number in numbers) and "\nATTACKS = " in path.read_text():
            found += [(number, attack) for attack in importlib.import_module(path.stem).ATTACKS]
    return found


def empty(directory):
    for path in directory.iterdir():
        if not path.is_symlink() and path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def reap():
    """Orphans come to us, the subreaper."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass


class Victim:
    """Somebody who is attacked again and again, with everything as it was at the beginning."""

    def __init__(self, attack):
        self.attack = attack
        self.person = Inner("private")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.person.close()

    def without(self, *layers):
        """Gives what each part of the attack says, with these layers left out."""
        self.person.env["INNER_DISABLE_LAYER"] = ",".join(layers)
        said = carry_out(self.person, self.attack)
        reap()
        empty(self.person.work)
        empty(self.person.home)
        return said


def measure_one(number, attack, layers, alone):
    with Victim(attack) as victim:
        base = victim.without()
        rows = {part: Row(number, attack.name, part) for part in base}
        for layer in layers:
            for part, word in victim.without(layer).items():
                if word == "through" and base.get(part) != "through":
                    rows.setdefault(part, Row(number, attack.name, part)).sole.add(layer)
        if not alone:
            return list(rows.values())

        said = victim.without(*EVERYTHING)
        for part, row in rows.items():
            row.bare = said.get(part) == "through"
        bare = [row for row in rows.values() if row.bare]
        for layer in [one for one in layers if one in EVERYTHING and bare]:
            said = victim.without(*[one for one in EVERYTHING if one != layer])
            for row in bare:
                if said.get(row.part) != "through":
                    row.alone.add(layer)
        return list(rows.values())


def measure_nth(numbers, at, layers, alone):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    number, attack = collect(numbers)[at]
    begin = time.monotonic()
    rows = measure_one(number, attack, layers, alone)
    print(f"{number:3} {attack.name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return rows


def measure(numbers=None, layers=None, alone=True, jobs=2):
    """The rows of the matrix, in the order of the numbers."""
    layers = layers or list(LAYERS)
    with ProcessPoolExecutor(jobs) as pool:
        parts = [pool.submit(measure_nth, numbers, at, layers, alone) for at in range(len(collect(numbers)))]
        return [row for part in parts for row in part.result()]


def cell(row, layer):
    return "S" * (layer in row.sole) + "a" * (layer in row.alone) or "."


def as_markdown(rows):
    used = [layer for layer in LAYERS if any(layer in row.sole | row.alone for row in rows)]
    lines = ["| attack | " + " | ".join(used) + " | all left out |", "|---" * (len(used) + 2) + "|"]
    for row in rows:
        cells = [cell(row, layer) for layer in used]
        lines.append(f"| {row.number} {row.attack}: {row.part} | " + " | ".join(cells) + f" | {'through' if row.bare else '-'} |")
    return "\n".join(lines)
