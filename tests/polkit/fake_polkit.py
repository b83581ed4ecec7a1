# SPDX-License-Identifier: Apache-2.0
"""A polkitd that always gives the same answer and writes down what it was asked:
fake_polkit.py ANSWER LOG, on the bus in DBUS_SYSTEM_BUS_ADDRESS. Prints one line when it is ready."""

import json
import sys

from gi.repository import Gio, GLib

XML = """<node><interface name='org.freedesktop.PolicyKit1.Authority'>
<method name='CheckAuthorization'>
<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/><arg type='a{ss}' direction='in'/>
<arg type='u' direction='in'/><arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/>
</method>
<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>
</interface></node>"""

# authorized, challenge, details
ANSWERS = {
    "allow": (True, False, {}),
    "deny": (False, False, {}),
    "challenge": (False, True, {}),
    "dismiss": (False, False, {"polkit.dismissed": "true"}),
}


def main(answer, log):
    waiting = []

    def note(**values):
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def on_call(connection, sender, path, interface, method, arguments, invocation):
        if method == "CancelCheckAuthorization":
            note(cancelled=True)
            invocation.return_value(None)
            return
        (kind, subject), action, details, flags, _ = arguments.unpack()
        note(kind=kind, subject=subject, action=action, details=details, flags=flags)
        if answer == "hang":
            waiting.append(invocation)
        elif answer == "fail":
            invocation.return_dbus_error("org.freedesktop.PolicyKit1.Error.Failed",
                                         f"Action {action} is not registered")
        elif answer == "nonsense":
            invocation.return_dbus_error("com.example.Error", "no idea")
        else:
            invocation.return_value(GLib.Variant("((bba{ss}))", (ANSWERS[answer],)))

    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
    bus.register_object("/org/freedesktop/PolicyKit1/Authority",
                        Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], on_call, None, None)
    Gio.bus_own_name_on_connection(bus, "org.freedesktop.PolicyKit1", Gio.BusNameOwnerFlags.NONE,
                                   lambda *_: print("ready", flush=True), None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
