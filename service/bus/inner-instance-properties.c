/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-instance-properties.h"

/* The D-Bus names of the properties, and those of GObject. */
void
inner_instance_set_properties (InnerDBusSandboxInstance *skeleton, GVariant *properties)
{
  static const struct
  {
    const char *name;
    const char *property;
    const char *type;
  } known[] = {
    { "Id", "id", "s" },
    { "Name", "name", "s" },
    { "Profile", "profile", "s" },
    { "Command", "command", "as" },
    { "Workspace", "workspace", "s" },
    { "Interactive", "interactive", "b" },
    { "Network", "network", "s" },
    { "Published", "published", "as" },
    { "Privileges", "privileges", "as" },
    { "Limits", "limits", "a{ss}" },
    { "Detached", "detached", "b" },
    { "Notes", "notes", "as" },
    { "Asks", "asks", "b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_autoptr (GVariant) value =
          g_variant_lookup_value (properties, known[i].name, G_VARIANT_TYPE (known[i].type));
      g_auto (GValue) gvalue = G_VALUE_INIT;

      if (value == NULL)
        continue;
      if (g_str_equal (known[i].type, "a{ss}"))
        {
          g_value_init (&gvalue, G_TYPE_VARIANT);
          g_value_set_variant (&gvalue, value);
        }
      else
        g_dbus_gvariant_to_gvalue (value, &gvalue);
      g_object_set_property (G_OBJECT (skeleton), known[i].property, &gvalue);
    }
}
