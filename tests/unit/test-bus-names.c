/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <gio/gio.h>

#include "inner-bus-names.h"
#include "inner-error.h"

static void
test_names (void)
{
  static const struct
  {
    const char *name;
    gboolean good;
  } cases[] = {
    { "org.freedesktop.secrets", TRUE },
    { "org.freedesktop.Notifications", TRUE },
    { "org.example.App", TRUE },
    { "org.example.App.*", TRUE },
    { "org.innerspace.App", TRUE },
    { "org.freedesktop.systemd10", TRUE },
    { "org.inner", FALSE },
    { "org.inner.Sandbox", FALSE },
    { "org.inner.Sandbox.instance", FALSE },
    { "org.inner.*", FALSE },
    { "org.*", FALSE },
    { "org.freedesktop.*", FALSE },
    { "org.freedesktop.systemd1", FALSE },
    { "org.freedesktop.systemd1.Manager", FALSE },
    { "org.freedesktop.systemd1.*", FALSE },
    { "org.freedesktop.portal.Desktop", FALSE },
    { "org.freedesktop.portal.*", FALSE },
    { "org.gnome.*", FALSE },
    { "org.gnome.Shell", FALSE },
    { "org.kde.*", FALSE },
    { "ca.desrt.dconf", FALSE },
    { ":1.5", FALSE },
    { "*", FALSE },
    { ".*", FALSE },
    { "", FALSE },
    { "one", FALSE },
    { "org.example.App.**", FALSE },
    { "org.exa*", FALSE },
    { "org.example=org.example.*@/*", FALSE },
    { "org.example App", FALSE },
    { "org.example\nApp.x", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].name);
      g_assert_cmpint (inner_bus_name_check (cases[i].name, &error), ==, cases[i].good);
      if (!cases[i].good)
        g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
    }
  g_assert_cmpstr (inner_bus_name_of ("session-bus:org.a.b"), ==, "org.a.b");
  g_assert_null (inner_bus_name_of ("session-bus"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/bus-names", test_names);
  return g_test_run ();
}
