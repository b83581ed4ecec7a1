# SPDX-License-Identifier: Apache-2.0
"""The person of the tests in the booted machine, who lingers: commands as this user, with a user manager and a
session bus, and what root sees of it from outside."""

import json
import os
import pwd
import subprocess
from pathlib import Path

from conftest import PREFIX

USER = pwd.getpwnam("inner")
RUNTIME = Path(f"/run/user/{USER.pw_uid}")
MANAGER = Path(f"/sys/fs/cgroup/user.slice/user-{USER.pw_uid}.slice/user@{USER.pw_uid}.service")
SUPERVISOR = "inner-superviso"
ENVIRONMENT = {
    "HOME": USER.pw_dir,
    "USER": USER.pw_name,
    "LOGNAME": USER.pw_name,
    "PATH": f"{PREFIX}/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "XDG_RUNTIME_DIR": str(RUNTIME),
    "DBUS_SESSION_BUS_ADDRESS": f"unix:path={RUNTIME}/bus",
}
# Everything takes longer in an emulated machine.
PATIENCE = 60


def as_person(*command):
    return ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--init-groups", *map(str, command)]


def run(*command, env=None, cwd=None, timeout=PATIENCE, **options):
    """Runs a command as the person to its end and gives the CompletedProcess, output as text."""
    options = {"stdin": subprocess.DEVNULL, **options}
    return subprocess.run(as_person(*command), env={**ENVIRONMENT, **(env or {})}, cwd=cwd or USER.pw_dir,
                          capture_output=True, text=True, timeout=timeout, **options)


def popen(*command, env=None, cwd=None, **options):
    return subprocess.Popen(as_person(*command), env={**ENVIRONMENT, **(env or {})}, cwd=cwd or USER.pw_dir,
                            text=True, **options)


def innerctl(*arguments, **options):
    return run("innerctl", *arguments, **options)


def sandbox(script, *options, **how):
    """Runs a shell script in a sandbox."""
    return innerctl("run", "-p", "shell-oneshot", "-w", workspace(), *options, "--arg", script, **how)


def workspace():
    directory = Path(USER.pw_dir, "work")
    if not directory.exists():
        directory.mkdir(mode=0o700)
        os.chown(directory, USER.pw_uid, USER.pw_gid)
    return directory


def systemctl(*arguments):
    return run("systemctl", "--user", *arguments)


def unit_property(unit, name):
    return systemctl("show", "--value", "--property", name, unit).stdout.strip()


def inspect(sandbox_id, *options):
    result = innerctl(*options, "inspect", "--json", sandbox_id)
    return json.loads(result.stdout) if result.returncode == 0 else None


def cgroup(pid):
    """Where a process is in the one hierarchy, or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return None
    return text.strip().removeprefix("0::")
