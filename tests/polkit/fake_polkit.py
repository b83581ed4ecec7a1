# SPDX-License-Identifier: Apache-2.0
"""A polkitd that always gives the same answer and writes down what it was asked:
fake_polkit.py ANSWER LOG, on the bus in DBUS_SYSTEM_BUS_ADDRESS. Prints one line when it is ready."""

import json
import os
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

# What depends on the action, and on whether a person may be asked (flag 1).
ROUNDS = {
    "person": lambda action, flags: "allow" if flags & 1 else "challenge",
    "person-declines": lambda action, flags: "dismiss" if flags & 1 else "challenge",
    "nobody-to-ask": lambda action, flags: "challenge",
    "rule-against-one": lambda action, flags: "deny" if action.endswith("unguarded-workspace") else
                                              "allow" if flags & 1 else "challenge",
}


def main(answer, log):
    waiting = []

    def note(**values):
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def look_for_go(invocation):
        if not os.path.exists(log + ".go"):
            return True
        invocation.return_value(GLib.Variant("((bba{ss}))", (ANSWERS["allow"],)))
        return False

    def on_call(connection, sender, path, interface, method, arguments, invocation):
        if method == "CancelCheckAuthorization":
            note(cancelled=True)
            invocation.return_value(None)
            return
        (kind, subject), action, details, flags, _ = arguments.unpack()
        note(kind=kind, subject=subject, action=action, details=details, flags=flags)
        if answer == "hang":
            waiting.append(invocation)
        elif answer == "wait":
            waiting.append(invocation)
            GLib.timeout_add(20, look_for_go, invocation)
        elif answer in ROUNDS:
            invocation.return_value(GLib.Variant("((bba{ss}))", (ANSWERS[ROUNDS[answer](action, flags)],)))
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
