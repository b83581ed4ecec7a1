#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a shell script in a sandbox, as a program of yours could: client.py PROFILE SCRIPT

Shows how to pass descriptors, to read what the command writes while it runs, and to wait for the
end. Needs a session bus and python3-gi."""

import os
import sys
import threading

from gi.repository import Gio, GLib

SERVICE = "org.inner.Sandbox"
PATH = "/org/inner/Sandbox"
# A person may have to type a password, and commands take the time they take.
NO_TIME_LIMIT = GLib.MAXINT
V = GLib.Variant


def call(bus, path, interface, method, arguments, reply, fds=None):
    value, _ = bus.call_with_unix_fd_list_sync(
        SERVICE, path, interface, method, arguments, GLib.VariantType(reply),
        Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION, NO_TIME_LIMIT, fds, None,
    )
    return value.unpack()[0]


def start(bus, profile, script, stdout, stderr):
    """Starts the sandbox and gives its object path. A handle is an index into the list of
    descriptors; what is not passed (stdin here) is empty."""
    fds = Gio.UnixFDList()
    options = {
        "directory": V("s", os.getcwd()),
        "arguments": V("as", [script]),
        "stdout": V("h", fds.append(stdout)),
        "stderr": V("h", fds.append(stderr)),
    }
    return call(bus, PATH, SERVICE, "Start", V("(sa{sv})", (profile, options)), "(o)", fds)


def copy(source, target):
    with os.fdopen(source, "rb") as lines:
        for line in lines:
            target.write(line)
            target.flush()


def main(profile, script):
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    pipes = [os.pipe(), os.pipe()]
    instance = start(bus, profile, script, pipes[0][1], pipes[1][1])
    # The service has copies of the writing ends. Ours must go, or the end is never seen.
    for _, writer in pipes:
        os.close(writer)

    readers = [
        threading.Thread(target=copy, args=(reader, target))
        for (reader, _), target in zip(pipes, (sys.stdout.buffer, sys.stderr.buffer))
    ]
    for reader in readers:
        reader.start()
    result = call(bus, instance, f"{SERVICE}.Instance", "Wait", None, "(a{sv})")
    for reader in readers:
        reader.join()
    return result["exit-code"]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except GLib.Error as error:
        # Messages of the service are sentences for people; the error's name is for programs.
        name = Gio.DBusError.get_remote_error(error)
        sys.exit(f"client.py: {error.message.removeprefix(f'GDBus.Error:{name}: ')} ({name})")
