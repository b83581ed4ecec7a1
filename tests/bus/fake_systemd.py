#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands for the systemd of a user: fake_systemd.py SOCKET ANSWER LOG. It makes no scopes, but says so, and
writes down what it was asked for, one JSON a line. ANSWER: "done", "failed" (the job is), "refused" (the call
is), "silent"."""

import json
import os
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib

PATH, MANAGER = "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
INTERFACE = f"""<node><interface name="{MANAGER}">
<method name="StartTransientUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="a(sv)" direction="in"/><arg type="a(sa(sv))" direction="in"/><arg type="o" direction="out"/></method>
<method name="SetUnitProperties"><arg type="s" direction="in"/><arg type="b" direction="in"/>
<arg type="a(sv)" direction="in"/></method>
<signal name="JobRemoved"><arg type="u"/><arg type="o"/><arg type="s"/><arg type="s"/></signal>
</interface></node>"""


def main(socket, answer, log):
    connections = []

    def on_call(connection, sender, path, interface, method, parameters, invocation):
        values = parameters.unpack()
        with open(log, "a", encoding="utf-8") as file:
            print(json.dumps([method, values[0], dict(values[2])]), file=file)
        if method == "SetUnitProperties":
            invocation.return_value(None)
        elif answer == "refused":
            invocation.return_dbus_error("org.freedesktop.systemd1.UnitExists", "there is one")
        elif answer != "silent":
            invocation.return_value(GLib.Variant("(o)", (f"{PATH}/job/7",)))
            connection.emit_signal(None, PATH, MANAGER, "JobRemoved",
                                   GLib.Variant("(uoss)", (7, f"{PATH}/job/7", values[0], answer)))

    def on_connection(server, connection):
        connections.append(connection)
        connection.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], on_call, None, None)
        return True

    os.makedirs(os.path.dirname(socket), exist_ok=True)
    server = Gio.DBusServer.new_sync(f"unix:path={socket}", Gio.DBusServerFlags.NONE, Gio.dbus_generate_guid(),
                                     None, None)
    server.connect("new-connection", on_connection)
    server.start()
    print("ready", flush=True)
    GLib.MainLoop().run()


main(*sys.argv[1:])
