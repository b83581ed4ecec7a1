# SPDX-License-Identifier: Apache-2.0
"""Attack 20: a system call that is allowed after a look at memory which another thread changes meanwhile. Nothing of
ours decides so: the filter answers by itself, from numbers in registers."""

import os
import re
import socket
from pathlib import Path

from attacks import Attack, make_tests

ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def test_the_filter_asks_nobody():
    text = Path(os.environ["INNER_TEST_BUILD"], "service/init/filter-program.c").read_text()
    numbers = bytes(map(int, re.findall(r"\b\d+(?=,)", text[text.index("= {"):])))
    assert len(numbers) % 8 == 0 and len(numbers) > 800
    answers = set()
    for at in range(0, len(numbers), 8):
        code = int.from_bytes(numbers[at:at + 2], "little")
        value = int.from_bytes(numbers[at + 4:at + 8], "little")
        if code == 0x06:  # BPF_RET | BPF_K
            answers.add(value)
    assert answers == {ALLOW, ERRNO | 1, ERRNO | 38}


FLIP = """
def flip():
    subprocess.run(["gcc", "-O1", "-pthread", "-o", "/tmp/flip-PORT", "-xc", "-"], input=FLIP_C, text=True, check=True)
    try:
        must(subprocess.run(["/tmp/flip-PORT", "PORT"], capture_output=True).stdout != b"0\\n")
    finally:
        os.unlink("/tmp/flip-PORT")
attack("flipped address", flip)
"""


class Listener:
    def __init__(self, _person):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)

    def __enter__(self):
        return {"PORT": self.socket.getsockname()[1], "FLIP_C": repr(Path(__file__).with_name("flip.c").read_text())}

    def __exit__(self, *_):
        self.socket.close()


ATTACKS = [Attack("flip", FLIP, {"flipped address": "nothing"}, outside=True, setup=Listener)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
