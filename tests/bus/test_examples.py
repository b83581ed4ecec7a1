# SPDX-License-Identifier: Apache-2.0
"""The examples of clients that are not innerctl, as they are installed."""

import shutil
import subprocess

import pytest

from conftest import PATIENCE, PREFIX

EXAMPLES = PREFIX / "share/doc/inner/examples"


def test_python(bus):
    result = subprocess.run(
        ["/usr/bin/python3", EXAMPLES / "client.py", "shell-oneshot", "pwd; echo oops >&2; exit 3"],
        env=bus.env, cwd=bus.work, capture_output=True, text=True, timeout=60 * PATIENCE,
    )
    assert result.returncode == 3, result.stderr
    assert result.stdout == "/workspace\n"
    assert "oops" in result.stderr


@pytest.fixture(scope="module")
def dbus_next(tmp_path_factory):
    """The folder of an npm project with dbus-next in it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, so the Node example was not run")
    folder = tmp_path_factory.mktemp("node")
    install = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-save", "dbus-next@0.10.2"],
        cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
    )
    if install.returncode != 0:
        pytest.skip(f"npm cannot fetch dbus-next, so the Node example was not run: {install.stderr[-300:]}")
    return folder


def test_node(bus, dbus_next):
    script = shutil.copy(EXAMPLES / "client.mjs", dbus_next)
    result = subprocess.run(
        ["node", script, "shell-oneshot", "echo begun > begun; sleep 1000"],
        env=bus.env, cwd=bus.work, capture_output=True, text=True, timeout=120 * PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert any(line.startswith("profile shell-oneshot") for line in lines)
    assert any(line.startswith("started /org/inner/Sandbox/instance/") for line in lines)
    assert lines[-1].startswith("ended: stopped")
    assert (bus.work / "begun").exists()
