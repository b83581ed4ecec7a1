# SPDX-License-Identifier: Apache-2.0
"""Attack 38: hard links, which are the file itself under a name that is writable."""

import os

from attacks import Attack, make_tests

CODE = """
attack("a file of the system", lambda: os.link("/etc/passwd", "l1"))
attack("a program", lambda: os.link("/usr/bin/env", "l2"))
attack("a read-only mount", lambda: os.link("/data/file", "l3"))
attack("an open stream", lambda: os.link("/proc/self/fd/0", "l4", follow_symlinks=True))
attack("PID 1's program", lambda: os.link("/run/inner/inner-init", "l5"))
"""


class Data:
    def __init__(self, person):
        self.directory = person.root / "data"

    def __enter__(self):
        self.directory.mkdir()
        (self.directory / "file").write_text("x")
        return {"DATA": self.directory}

    def __exit__(self, *_):
        (self.directory / "file").unlink()
        self.directory.rmdir()


ATTACKS = [Attack("link", CODE, {"*": "EXDEV"}, setup=Data, options=("-m", "DATA:/data:ro"))]
somebody, _, test_inside = make_tests(ATTACKS)


def test_the_same_file_system_outside(somebody):
    """There such a link works, which is what a sandbox without mounts of its own would give."""
    with Data(somebody) as words:
        os.link(words["DATA"] / "file", somebody.work / "l")
        (somebody.work / "l").unlink()
