# SPDX-License-Identifier: Apache-2.0
"""Attack 63: what starts by itself at the next login: units, autostart, cron, keys, start files."""

import os

from attacks import Attack, make_tests

PLACES = [".config/systemd/user/x.service", ".config/systemd/user/default.target.wants/x.service", ".config/autostart/x.desktop",
          ".config/environment.d/x.conf", ".ssh/authorized_keys", ".ssh/rc", ".bashrc", ".profile", ".zshenv", ".config/fish/config.fish",
          ".local/share/applications/x.desktop", ".config/git/config", ".gitconfig", ".local/share/dbus-1/services/x.service",
          ".xprofile", ".pam_environment", ".config/plasma-workspace/env/x.sh", ".config/inner/config.toml"]
CODE = f"""
home = os.environ["HOME"]
def write(place):
    os.makedirs(os.path.dirname(place), exist_ok=True)
    open(place, "w").write("x")
for place in {PLACES!r}:
    try:
        write(os.path.join(home, place))
    except OSError as error:
        pass
for place in ("/etc/cron.d/x", "/var/spool/cron/crontabs/x", "/etc/profile.d/x.sh", "/etc/systemd/system/x.service",
              "/usr/local/bin/ls", "/var/spool/at/x", "/etc/ld.so.preload"):
    attack(place, lambda: write(place))
"""


def planted(person):
    found = {}
    for place in PLACES:
        path = person.home / place
        found[place] = "through" if path.exists() else "nothing"
        if path.exists():
            os.unlink(path)
    return found


ATTACKS = [Attack("login", CODE, {**{place: "nothing" for place in PLACES}, "*": {"EROFS", "EACCES", "EPERM"}},
                  outside=tuple(PLACES), held=planted)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
