# SPDX-License-Identifier: Apache-2.0
"""Attack 65, from the other side: what the tests of this project may switch off, nobody else can. A build with that
switch runs these tests the other way round."""

import os
import subprocess
from pathlib import Path

import pytest

from conftest import PREFIX, SOURCE
from layers import LAYERS, is_test_build

PROGRAMS = sorted(p for d in ("bin", "libexec/inner") for p in (PREFIX / d).iterdir() if p.is_file())


def test_no_program_knows_the_variable():
    assert len(PROGRAMS) >= 4
    knowing = {path.name for path in PROGRAMS if b"INNER_DISABLE_LAYER" in path.read_bytes()}
    if is_test_build():
        assert {"inner-sandboxd", "inner-supervisor", "inner-init", "innerctl"} <= knowing
    else:
        assert not knowing


def test_every_layer_that_code_asks_for_is_in_the_table():
    """And the other way round: a misspelt name would switch off nothing and prove nothing."""
    text = "".join(p.read_text() for p in (SOURCE / "service").rglob("*.[ch]"))
    for layer in LAYERS:
        name = "landlock-abi-" if layer.startswith("landlock-abi-") else layer
        assert f'"{name}"' in text, layer


@pytest.mark.skipif(is_test_build(), reason="this build is made for it")
def test_the_variable_changes_nothing(private):
    """Neither in the caller's environment, nor in that of the service."""
    everything = ",".join(LAYERS)
    script = "grep -E '^(Seccomp|NoNewPrivs|CapBnd):' /proc/self/status; ls -A / /tmp ~; readlink /proc/self/ns/* | wc -l"
    plain = private.run(script)
    switched = private.run(script, "-e", f"INNER_DISABLE_LAYER={everything}", env={"INNER_DISABLE_LAYER": everything})
    assert plain.returncode == 0 and plain.stdout == switched.stdout
    assert b"Seccomp:\t2" in plain.stdout


@pytest.mark.parametrize("options", [["--prefix=/usr"], ["--prefix=/usr/local"], ["--prefix=STAGE", "--buildtype=release"]],
                         ids=["usr", "local", "release"])
def test_meson_refuses_it_where_it_could_be_relied_on(tmp_path, options):
    words = [option.replace("STAGE", str(tmp_path / "build" / "stage")) for option in options]
    done = subprocess.run(["meson", "setup", tmp_path / "build", SOURCE, "-Ddisable-layers=true", *words], capture_output=True,
                          text=True, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert "disable-layers=true is for tests" in done.stdout + done.stderr


def test_the_option_is_off_unless_asked_for():
    text = Path(SOURCE, "meson_options.txt").read_text()
    assert "option('disable-layers', type: 'boolean', value: false" in text
    assert os.environ.get("INNER_DISABLE_LAYER", "") == ""
