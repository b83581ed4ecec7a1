/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-access.h"
#include "inner-dbus.h"

/* The authorisation table against the XML: every method has exactly one row, every row a method. */

static const GDBusInterfaceInfo *
find_interface (const char *name)
{
  const GDBusInterfaceInfo *all[] = { inner_dbus_sandbox_interface_info (),
                                      inner_dbus_sandbox_instance_interface_info () };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (g_str_equal (all[i]->name, name))
      return all[i];
  return NULL;
}

static guint
count_rows (const char *interface, const char *method)
{
  guint n = 0;

  for (const InnerAccessRow *row = inner_access_table; row->interface != NULL; row++)
    n += g_str_equal (row->interface, interface) && g_str_equal (row->method, method);
  return n;
}

static void
test_every_method_has_a_row (void)
{
  const GDBusInterfaceInfo *all[] = { inner_dbus_sandbox_interface_info (),
                                      inner_dbus_sandbox_instance_interface_info () };
  guint methods = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    for (GDBusMethodInfo **method = all[i]->methods; *method != NULL; method++, methods++)
      g_assert_cmpuint (count_rows (all[i]->name, (*method)->name), ==, 1);
  g_assert_cmpuint (methods, >, 20);
}

static void
test_every_row_has_a_method (void)
{
  for (const InnerAccessRow *row = inner_access_table; row->interface != NULL; row++)
    {
      const GDBusInterfaceInfo *interface = find_interface (row->interface);

      g_assert_nonnull (interface);
      g_assert_nonnull (
          g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) interface, row->method));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/access/methods", test_every_method_has_a_row);
  g_test_add_func ("/access/rows", test_every_row_has_a_method);
  return g_test_run ();
}
