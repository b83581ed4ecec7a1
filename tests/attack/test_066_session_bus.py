# SPDX-License-Identifier: Apache-2.0
"""Attack 66: the session bus, by which the session's service manager, terminals and keyrings act for whoever asks."""

from attacks import Attack, make_tests

CODE = """
def socket_at(path):
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.connect(path)
def busctl(*words):
    done = subprocess.run(["busctl", "--user", *words], capture_output=True)
    must(done.returncode == 0, "refused")
attack("socket", lambda: socket_at("RUNTIME/BUS"))
attack("address in the environment", lambda: must("DBUS_SESSION_" + "BU" + "S_ADDRESS" in os.environ))
attack("service manager", lambda: busctl("--address=unix:path=RUNTIME/BUS", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                         "org.freedesktop.DBus", "ListNames"))
attack("private socket of the manager", lambda: socket_at("RUNTIME/systemd/private"))
attack("run-time directory", lambda: must(os.listdir("RUNTIME")))
attack("any socket below /run", lambda: must([p for p, _, names in os.walk("/run") for n in names
                                             if stat.S_ISSOCK(os.lstat(os.path.join(p, n)).st_mode)]))
"""


class Bus:
    def __init__(self, person):
        self.person = person

    def __enter__(self):
        name = "bus"
        if self.person.mode == "private":
            # Not at the usual place, where innerctl would find it.
            name = "bus-of-others"
            self.person.start_bus("session", self.person.runtime / name)
        return {"RUNTIME": self.person.runtime, "BUS": name}

    def __exit__(self, *_):
        pass


ATTACKS = [Attack("bus", CODE, {"socket": "ENOENT", "address in the environment": "nothing", "service manager": "refused",
                                "private socket of the manager": "ENOENT", "run-time directory": "ENOENT",
                                "any socket below /run": "nothing"},
                  outside=("socket", "service manager", "run-time directory"), setup=Bus)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
