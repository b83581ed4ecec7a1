/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-bus-names.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

/* What no sandbox talks to, with all names below: whoever may, starts programs outside or decides what they do. The
 * list is of what is known to; whoever names another program in `allow` trusts it with that. */
static const char *const closed[] = {
  "org.inner",
  "org.freedesktop.DBus",
  /* Service managers and starters of programs */
  "org.freedesktop.systemd1",
  "org.freedesktop.Flatpak",
  "org.gnome.SessionManager",
  "org.gnome.Shell",
  "org.kde.kglobalaccel",
  "org.kde.klauncher5",
  "org.kde.krunner",
  "org.kde.KWin",
  "org.kde.plasmashell",
  "org.xfce.SessionManager",
  /* Portals take the proxy for a program outside, which needs no permission. */
  "org.freedesktop.portal",
  "org.freedesktop.impl.portal",
  /* Terminals */
  "org.gnome.Console",
  "org.gnome.Ptyxis",
  "org.gnome.Terminal",
  "org.kde.konsole",
  "org.xfce.Terminal",
  /* Files of everybody, settings with commands in them, and the other bus of accessibility */
  "org.gtk.vfs",
  "ca.desrt.dconf",
  "org.a11y",
  NULL,
};

const char *
inner_bus_name_of (const char *word)
{
  return g_str_has_prefix (word, INNER_BUS_WORD) ? word + strlen (INNER_BUS_WORD) : NULL;
}

static gboolean
is_below (const char *name, const char *base)
{
  gsize length = strlen (base);

  return strncmp (name, base, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

static gboolean
fail (GError **error, const char *name, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (name);

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("No sandbox can talk to “%s” on the session bus: %s"), shown, reason);
  return FALSE;
}

/* SECURITY: the session's service manager runs any program outside, and our own service a weaker sandbox; neither
 * can be named, also not by a pattern that covers it (attacks 66 and 68, pitfall P38; tests/unit/test-bus-names.c,
 * tests/attack/test_066_bus_privilege.py). */
gboolean
inner_bus_name_check (const char *name, GError **error)
{
  gboolean pattern = g_str_has_suffix (name, ".*");
  g_autofree char *base = g_strndup (name, strlen (name) - (pattern ? 2 : 0));

  if (!g_dbus_is_name (base) || g_dbus_is_unique_name (base))
    return fail (error, name,
                 _ ("it is no name; write one such as “org.freedesktop.secrets”, or "
                    "“org.example.App.*”"));
  for (const char *const *one = closed; *one != NULL; one++)
    if (is_below (base, *one) || (pattern && is_below (*one, base)))
      return fail (error, name, _ ("whoever talks to it leaves the sandbox; name another program"));

  return TRUE;
}
