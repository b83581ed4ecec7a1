# SPDX-License-Identifier: Apache-2.0
"""Attack 62: the project's own interpreter replaced by another program. It is told; nothing is put back, because installing
packages is honest work that changes the same files."""

from guards import outside, run, scratch_copy, told

MAKE = "mkdir -p .venv/bin; printf '#!/bin/sh\\n' > .venv/bin/python; chmod +x .venv/bin/python; echo 'home = /x' > .venv/pyvenv.cfg; "
REPLACE = "rm .venv/bin/python; printf '#!/bin/sh\\ntouch owned\\n' > .venv/bin/python; chmod +x .venv/bin/python"


def test_it_is_told(inner):
    outside(inner, MAKE, inner.work)
    copy = scratch_copy(inner)
    outside(inner, REPLACE, copy)
    assert outside(inner, ".venv/bin/python; ls owned", copy).stdout == b"owned\n"
    result = run(inner, REPLACE)
    assert told(result, inner.work / ".venv/bin/python")


def test_new_ones_are_told(inner):
    result = run(inner, MAKE)
    assert told(result, inner.work / ".venv/bin/python") or told(result, inner.work / ".venv/pyvenv.cfg")


def test_directories_on_the_path_of_the_person_are_not_writable(inner):
    """~/.local/bin, ~/bin and the like are in the home directory, which is another one inside."""
    places = (".local/bin", "bin", ".cargo/bin", "go/bin", ".npm-global/bin")
    for place in places:
        (inner.home / place).mkdir(parents=True)
    script = "".join(f"mkdir -p ~/{place}; echo evil > ~/{place}/ls;" for place in places)
    assert inner.run(script).returncode == 0
    assert not [place for place in places if (inner.home / place / "ls").exists()]
