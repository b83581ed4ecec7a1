/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-way.h"

gboolean
inner_way_reconnect (InnerWay *way, const GError *reason)
{
  InnerConnection *connection;

  if (!inner_connection_is_lost (reason) || way->losses_left == 0)
    return FALSE;
  way->losses_left--;
  connection = inner_global_connect (way->global, NULL);
  if (connection == NULL)
    return FALSE;

  inner_connection_free (way->connection);
  way->connection = connection;
  way->patient_until = g_get_monotonic_time () + INNER_WAY_PATIENCE_US;
  return TRUE;
}

gboolean
inner_way_is_patient (const InnerWay *way)
{
  return g_get_monotonic_time () < way->patient_until;
}

gboolean
inner_way_is_unknown (const GError *reason)
{
  return g_error_matches (reason, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
         g_error_matches (reason, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT);
}
