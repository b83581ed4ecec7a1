# SPDX-License-Identifier: Apache-2.0
"""Holds MATRIX.md, which tests/attack/matrix printed, against a build with -Ddisable-layers=true: where it says that one
layer alone stands between an attack and what it wants (S), the attack gets through without it, and does not with it. So
each of these layers is proven to do something, and the attacks are proven to be attacks."""

import re
from pathlib import Path

import pytest

from layer_matrix import Victim, collect
from layers import LAYERS, OLDER_LANDLOCK, is_test_build

pytestmark = pytest.mark.skipif(not is_test_build(), reason="this build can leave no layer out")


def sole_walls():
    """{(number, name of the attack): {layer: parts that get through}}"""
    found = {}
    lines = (Path(__file__).parent / "MATRIX.md").read_text().splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    for row in table[1:]:
        number, name, part = re.match(r"(\d+) ([^:]+): (.*)", row[0]).groups()
        for layer, cell in zip(table[0][1:-1], row[1:-1]):
            if "S" in cell:
                found.setdefault((int(number), name), {}).setdefault(layer, set()).add(part)
    return found


WALLS = sole_walls()
ATTACKS = {(number, attack.name): attack for number, attack in collect()}


def test_the_matrix_is_of_these_attacks():
    assert len(WALLS) > 10
    assert set(WALLS) <= set(ATTACKS)
    assert {layer for walls in WALLS.values() for layer in walls} <= set(LAYERS)


@pytest.mark.parametrize("key", WALLS, ids=lambda key: f"{key[0]}-{key[1]}".replace(" ", "-"))
def test_it_gets_through_without_the_one_layer(key):
    with Victim(ATTACKS[key]) as victim:
        base = victim.without()
        for layer, parts in WALLS[key].items():
            said = victim.without(layer)
            assert {part: said.get(part) for part in parts} == {part: "through" for part in parts}, layer
            assert {part for part in parts if base.get(part) == "through"} == set()


@pytest.mark.parametrize("abi", OLDER_LANDLOCK)
def test_an_older_landlock_is_put_to_use(abi):
    """What a kernel with another ABI has is used, and commands run all the same. ABI 1 counts as none."""
    attack = ATTACKS[(5, "of PID 1")]
    with Victim(attack) as victim:
        person = victim.person
        person.env["INNER_DISABLE_LAYER"] = f"{abi},dumpable"
        done = person.run("mkdir a b; touch a/x; mv a/x b/; ls b; cat /proc/1/environ")
        assert done.stdout.startswith(b"x\n"), done.stderr
        said = victim.without(abi, "dumpable")
        assert {word == "through" for word in said.values()} == {abi == "landlock-abi-1"}, said
