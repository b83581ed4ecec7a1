# SPDX-License-Identifier: Apache-2.0
"""Attack 72: the screen, keyboard, sound and camera of the person."""

import contextlib
import socket

from attacks import Attack, make_tests

CODE = """
def connect(path):
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.connect(path)
attack("Wayland", lambda: connect("RUNTIME/wayland-0"))
attack("PipeWire", lambda: connect("RUNTIME/pipewire-0"))
attack("PulseAudio", lambda: connect("RUNTIME/pulse/native"))
attack("accessibility", lambda: connect("RUNTIME/at-spi/bus_0"))
attack("X11", lambda: connect("/tmp/.X11-unix/X4711"))
attack("X11, abstract", lambda: connect("\\0/tmp/.X11-unix/X4711"))
attack("cookie", lambda: open(os.environ["HOME"] + "/.Xauthority").read())
attack("variables", lambda: must({"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "PULSE_SERVER", "PIPEWIRE_REMOTE"} & set(os.environ)))
"""


@contextlib.contextmanager
def screen(person):
    """Sockets at the places of a desktop session."""
    with contextlib.ExitStack() as stack:
        for place in ("wayland-0", "pipewire-0", "pulse/native", "at-spi/bus_0"):
            path = person.runtime / place
            path.parent.mkdir(exist_ok=True)
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(str(path))
            server.listen()
            stack.callback(path.unlink)
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        with contextlib.suppress(OSError):
            server.bind("\0/tmp/.X11-unix/X4711")
            server.listen()
        (person.home / ".Xauthority").write_text("cookie")
        yield {"RUNTIME": person.runtime}


ATTACKS = [Attack("screen", CODE, {"*": "ENOENT", "X11, abstract": "ECONNREFUSED", "variables": "nothing"},
                  outside=("Wayland", "PipeWire", "PulseAudio", "X11, abstract", "cookie"), setup=screen,
                  env={"DISPLAY": ":4711", "WAYLAND_DISPLAY": "wayland-0"})]
somebody, test_outside, test_inside = make_tests(ATTACKS)
