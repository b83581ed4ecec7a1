# SPDX-License-Identifier: Apache-2.0
"""The profile shell-containers with the real rootless podman, started by its socket, and a polkit rule."""

import subprocess
import tarfile
from pathlib import Path

import pytest

import person

RULES = Path("/etc/polkit-1/rules.d/50-inner-test.rules")
RULE = """polkit.addRule(function (action, subject) {
  if (["org.inner.sandbox.podman-socket", "org.inner.sandbox.nested-user-ns"].indexOf(action.id) >= 0
      && subject.user == "inner")
    return polkit.Result.YES;
});
"""
CONTAINER = "docker run --rm --network=none local/busybox echo ok"


@pytest.fixture(scope="module", autouse=True)
def engine():
    """podman.socket listens, and there is an image of one static program."""
    assert person.systemctl("start", "podman.socket").returncode == 0
    archive = Path("/var/tmp/busybox.tar")
    with tarfile.open(archive, "w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "echo"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    archive.chmod(0o644)
    imported = person.run("podman", "import", archive, "local/busybox", timeout=180)
    assert imported.returncode == 0, imported.stderr


@pytest.fixture(params=["rule", "no rule"])
def rule(request):
    """Whether the administrator allows it."""
    if request.param == "rule":
        RULES.write_text(RULE)
    subprocess.run(["systemctl", "restart", "polkit"], check=True)
    yield request.param == "rule"
    RULES.unlink(missing_ok=True)
    subprocess.run(["systemctl", "restart", "polkit"], check=True)


def test_container(rule):
    result = person.innerctl("run", "-p", "shell-containers", "-w", person.workspace(), "--no-interactive",
                             "--arg=-c", "--arg", CONTAINER, timeout=180)
    if rule:
        assert (result.returncode, result.stdout) == (0, "ok\n"), result.stderr
    else:
        assert (result.returncode, result.stdout) == (126, ""), result.stderr
        assert "podman-socket" in result.stderr or "nested-user-ns" in result.stderr
