# SPDX-License-Identifier: Apache-2.0
"""Attack 100: what a sandbox fills is its own places in memory, and each of them has an end."""

import os

import pytest

SIZES = r"""awk '$3 == "tmpfs" { print $2, $4 }' /proc/self/mounts"""


@pytest.mark.parametrize("options", [[], ["-m", "{home}/x:/mnt/x:ro"]])
def test_every_place_in_memory_has_a_size(inner, options):
    (inner.home / "x").mkdir()
    done = inner.run(SIZES, *(option.format(home=inner.home) for option in options))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    places = {}
    for line in done.stdout.decode().splitlines():
        place, words = line.split()
        places[place] = words.split(",")
    assert {"/", "/dev", "/dev/shm", "/tmp", "/var/tmp", "/run", str(inner.home)} <= set(places)
    for place, words in places.items():
        size = [word for word in words if word.startswith("size=")]
        assert "ro" in words or size, (place, words)
        if "rw" in words:
            assert int(size[0][5:-1]) * 1024 <= memory // 4 + 4096, (place, words)


def test_a_full_place_is_an_error_inside(inner):
    done = inner.run("for d in /run /tmp /var/tmp /dev/shm ~; do fallocate -l 1T $d/x 2>/dev/null && echo filled $d; rm -f $d/x; done; "
                     "head -c 100M /dev/zero > /run/x 2>/dev/null && echo wrote; touch /dev/x 2>/dev/null && echo made; echo end")
    assert done.stdout == b"end\n", done


def test_a_profile_says_tmpfs(inner):
    inner.profile("small", "extends = 'shell-oneshot'\n[mounts]\n'x' = { dest = '/scratch', mode = 'tmpfs' }\n")
    done = inner("run", "-p", "small", "--arg", "echo x > /scratch/x; fallocate -l 1T /scratch/y 2>/dev/null || echo full")
    assert done.stdout == b"full\n", done
