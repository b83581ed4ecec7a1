/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-audit.h"

#include <syslog.h>
#include <unistd.h>

/* Who asked and what was answered; never a command, a path or a variable, because others read the log too. */
void
inner_audit_write (
    const InnerPrivilege *privilege, const char *answer, const char *by, pid_t pid, uid_t uid)
{
  g_autofree char *message = g_strdup_printf ("The privilege “%s” was %s (%s) for process %d",
                                              privilege->key, answer, by, (int) pid);
  g_autofree char *caller = g_strdup_printf ("%d", (int) pid);
  g_autofree char *user = g_strdup_printf ("%u", uid);
  const GLogField fields[] = {
    { "MESSAGE", message, -1 },
    { "MESSAGE_ID", INNER_AUDIT_MESSAGE_ID, -1 },
    { "PRIORITY", G_STRINGIFY (LOG_NOTICE), -1 },
    { "SYSLOG_IDENTIFIER", "inner-sandboxd", -1 },
    { "INNER_PRIVILEGE", privilege->key, -1 },
    { "INNER_ACTION", privilege->action, -1 },
    { "INNER_ANSWER", answer, -1 },
    { "INNER_ANSWERED_BY", by, -1 },
    { "INNER_CALLER_PID", caller, -1 },
    { "INNER_CALLER_UID", user, -1 },
  };

  if (g_log_writer_is_journald (STDERR_FILENO))
    g_log_writer_journald (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields), NULL);
}
