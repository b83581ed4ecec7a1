/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The only door to polkit.
 *
 * What a check is: the consent of the person, a switch for the administrator, and a wall for callers
 * that are already confined. What it is not: a wall between processes of one user; each of them
 * could run bubblewrap by itself (pitfall P1). SECURITY.md says the same to the users.
 *
 * - The subject is the caller as the bus attests it, never this service (P3) and never a name of
 *   the session bus (P2). libpolkit does not hand a pidfd on to polkitd (P6), so polkitd knows the
 *   caller by pid, start time and user. We hold the pidfd ourselves: the process is alive after the
 *   start time was read and again after the answer, so both belong to one process. Between the
 *   caller's connect and the opening of its pidfd a gap stays where the bus gives no pidfd (P5).
 * - No details are passed: polkitd takes them from root only (P11). The sentence in the policy file
 *   is all that a person reads, hence one action per privilege.
 * - One authorisation is for one start: none is kept here, and the policy keeps none (attack 110, P13).
 * - Everything that is not a clear yes is a no: an error of any domain, no system bus, no polkitd,
 *   an action that is not installed, a caller that has gone (P10, P12, P17).
 */

#include "inner-authority.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <polkit/polkit.h>

#include "inner-audit.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-privileges.h"

struct _InnerAuthority
{
  GObject parent_instance;
  PolkitAuthority *polkit; /* (nullable): not connected */
  gboolean available;      /* polkit answered the last time it was asked */
};

G_DEFINE_FINAL_TYPE (InnerAuthority, inner_authority, G_TYPE_OBJECT)

/* One call of inner_authority_check_async() */
typedef struct
{
  PolkitAuthority *polkit;
  PolkitSubject *subject;
  int pidfd; /* owned; -1 = none */
  uid_t uid;
  pid_t pid;
  GPtrArray *rows;    /* of const InnerPrivilege: what is left to ask for in this round */
  GPtrArray *persons; /* of const InnerPrivilege: what the next round asks a person for */
  GVariantDict *grants;
  guint next;
  gboolean interactive;
  gboolean asking; /* a person, in this round */
} Check;

static void
check_free (Check *check)
{
  g_clear_object (&check->polkit);
  g_clear_object (&check->subject);
  g_ptr_array_unref (check->rows);
  g_ptr_array_unref (check->persons);
  g_variant_dict_unref (check->grants);
  inner_clear_fd (&check->pidfd);
  g_free (check);
}

static void
inner_authority_dispose (GObject *object)
{
  InnerAuthority *self = INNER_AUTHORITY (object);

  g_clear_object (&self->polkit);
  G_OBJECT_CLASS (inner_authority_parent_class)->dispose (object);
}

static void
inner_authority_class_init (InnerAuthorityClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = inner_authority_dispose;
}

static void
inner_authority_init (InnerAuthority *self)
{
}

/* SECURITY: a pid is a name that the kernel gives again; the pidfd tells whether the process that
 * was judged is still the one that asked (attack 69; tests/unit/test-policy.c). */
static gboolean
caller_is_alive (const Check *check)
{
  struct pollfd fd = { .fd = check->pidfd, .events = POLLIN };

  return check->pidfd < 0 || poll (&fd, 1, 0) == 0;
}

static void
return_caller_gone (GTask *task)
{
  g_task_return_new_error (task, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
                           _ ("The program that asked has ended; run it again"));
}

/* The connection is given up, so that the next check finds a polkit that came back. */
static void
return_unavailable (GTask *task, const GError *error)
{
  InnerAuthority *self = g_task_get_source_object (task);
  const Check *check = g_task_get_task_data (task);
  const InnerPrivilege *row = g_ptr_array_index (check->rows, check->next);

  if (g_task_return_error_if_cancelled (task))
    return;
  g_clear_object (&self->polkit);
  self->available = FALSE;
  g_task_return_new_error (task, INNER_ERROR, INNER_ERROR_POLKIT_UNAVAILABLE,
                           _ ("The privilege “%s” is refused because polkit does not answer: %s; "
                              "install and start polkit, or run without it (see “innerctl "
                              "doctor”)"),
                           row->key, error->message);
}

/* SECURITY: each error refuses, whatever its domain; the difference is for the message only
 * (attacks 69 and 106; tests/unit/test-policy.c, tests/polkit/test_polkitd.py). */
static void
return_check_error (GTask *task, const InnerPrivilege *row, GError *error)
{
  g_dbus_error_strip_remote_error (error);
  if (error->domain == POLKIT_ERROR && error->code != POLKIT_ERROR_CANCELLED)
    g_task_return_new_error (task, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
                             _ ("polkit refused to judge the privilege “%s”: %s; is "
                                "org.inner.sandbox.policy installed in /usr/share/polkit-1/actions "
                                "(this build puts it into %s)?"),
                             row->key, error->message, INNER_POLKIT_ACTIONS_DIR);
  else
    return_unavailable (task, error);
}

static void
return_refusal (GTask *task, const InnerPrivilege *row, PolkitAuthorizationResult *result)
{
  const Check *check = g_task_get_task_data (task);

  if (polkit_authorization_result_get_dismissed (result))
    g_task_return_new_error (
        task, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED_DISMISSED,
        _ ("The privilege “%s” was declined; run the command again to be asked "
           "again"),
        row->key);
  else if (!polkit_authorization_result_get_is_challenge (result))
    g_task_return_new_error (task, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
                             _ ("The rules of this machine refuse the privilege “%s”; ask its "
                                "administrator to allow “%s”"),
                             row->key, row->action);
  else if (check->interactive)
    g_task_return_new_error (task, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED_CAN_OBTAIN,
                             _ ("The privilege “%s” takes a password, and no program in this "
                                "session asks for it; start one (such as pkttyagent) or ask the "
                                "administrator to allow “%s”"),
                             row->key, row->action);
  else
    g_task_return_new_error (task, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED_CAN_OBTAIN,
                             _ ("The privilege “%s” takes a password, and the call does not let a "
                                "person be asked; run the command from a terminal or a desktop"),
                             row->key);
}

static void ask_next (GTask *task);

/* Whether the answer to the first question is that a person can give the privilege, and one may be asked. */
static gboolean
is_for_a_person (const Check *check, PolkitAuthorizationResult *result)
{
  return !check->asking && check->interactive &&
         polkit_authorization_result_get_is_challenge (result);
}

static const char *
granted_by (const Check *check)
{
  if (check->asking)
    return INNER_GRANTED_BY_PERSON;
  return check->uid == 0 ? INNER_GRANTED_BY_ROOT : INNER_GRANTED_BY_RULE;
}

static void
check_authorization_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  InnerAuthority *self = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  const InnerPrivilege *row = g_ptr_array_index (check->rows, check->next);
  g_autoptr (PolkitAuthorizationResult) result = NULL;
  g_autoptr (GError) error = NULL;

  result =
      polkit_authority_check_authorization_finish (POLKIT_AUTHORITY (source), async_result, &error);
  if (result == NULL)
    {
      return_check_error (task, row, error);
      return;
    }

  self->available = TRUE;
  if (polkit_authorization_result_get_is_authorized (result))
    {
      g_variant_dict_insert (check->grants, row->key, "s", granted_by (check));
      inner_audit_write (row, "granted", granted_by (check), check->pid, check->uid);
    }
  else if (is_for_a_person (check, result))
    g_ptr_array_add (check->persons, (gpointer) row);
  else
    {
      inner_audit_write (row, "refused",
                         check->asking ? INNER_GRANTED_BY_PERSON : INNER_GRANTED_BY_RULE,
                         check->pid, check->uid);
      return_refusal (task, row, result);
      return;
    }
  check->next++;
  ask_next (g_steal_pointer (&task));
}

/* Takes @task. */
static void
ask_next (GTask *task)
{
  g_autoptr (GTask) owned = task;
  Check *check = g_task_get_task_data (task);
  const InnerPrivilege *row;

  if (!caller_is_alive (check))
    {
      return_caller_gone (task);
      return;
    }
  if (check->next == check->rows->len && check->persons->len > 0)
    {
      g_ptr_array_unref (check->rows);
      check->rows = g_steal_pointer (&check->persons);
      check->persons = g_ptr_array_new ();
      check->next = 0;
      check->asking = TRUE;
    }
  if (check->next == check->rows->len)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  row = g_ptr_array_index (check->rows, check->next);
  polkit_authority_check_authorization (
      check->polkit, check->subject, row->action, NULL,
      check->asking ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                    : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
      g_task_get_cancellable (task), check_authorization_cb, g_steal_pointer (&owned));
}

static void
authority_get_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  InnerAuthority *self = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  check->polkit = polkit_authority_get_finish (result, &error);
  if (check->polkit == NULL)
    {
      return_unavailable (task, error);
      return;
    }
  g_set_object (&self->polkit, check->polkit);
  ask_next (g_steal_pointer (&task));
}

/* libpolkit takes the shared connection to the system bus, which by default ends the process when
 * the bus goes (P24). Sandboxes must not die of that. */
static void
bus_get_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (bus == NULL)
    {
      return_unavailable (task, error);
      return;
    }
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  polkit_authority_get_async (cancellable, authority_get_cb, g_steal_pointer (&task));
}

/* Gives the rows of @privileges, or %NULL. */
static GPtrArray *
find_rows (const char *const *privileges, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();

  for (; *privileges != NULL; privileges++)
    {
      const InnerPrivilege *row = inner_privilege_lookup (*privileges);

      if (row == NULL)
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("There is no privilege “%s”; remove it from “allow”"), *privileges);
          return NULL;
        }
      g_ptr_array_add (rows, (gpointer) row);
    }

  return g_steal_pointer (&rows);
}

InnerAuthority *
inner_authority_new (void)
{
  return g_object_new (INNER_TYPE_AUTHORITY, NULL);
}

void
inner_authority_check_async (InnerAuthority *self,
                             pid_t pid,
                             guint64 start_time,
                             uid_t uid,
                             int pidfd,
                             const char *const *privileges,
                             gboolean interactive,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GPtrArray) rows = NULL;
  GError *error = NULL;
  Check *check;

  g_task_set_source_tag (task, inner_authority_check_async);
  rows = find_rows (privileges, &error);
  if (rows == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (rows->len == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  check = g_new0 (Check, 1);
  check->rows = g_steal_pointer (&rows);
  check->persons = g_ptr_array_new ();
  check->grants = g_variant_dict_new (NULL);
  check->uid = uid;
  check->pid = pid;
  check->interactive = interactive;
  check->pidfd = pidfd >= 0 ? fcntl (pidfd, F_DUPFD_CLOEXEC, 3) : -1;
  g_task_set_task_data (task, check, (GDestroyNotify) check_free);
  if (pidfd >= 0 && check->pidfd < 0)
    {
      return_caller_gone (task);
      return;
    }
  check->subject = polkit_unix_process_new_for_owner (pid, start_time, uid);

  if (g_set_object (&check->polkit, self->polkit))
    ask_next (g_steal_pointer (&task));
  else
    g_bus_get (G_BUS_TYPE_SYSTEM, cancellable, bus_get_cb, g_steal_pointer (&task));
}

GVariant *
inner_authority_get_grants (GAsyncResult *result)
{
  const Check *check = g_task_get_task_data (G_TASK (result));
  g_autoptr (GVariant) values = NULL;
  GVariantBuilder grants;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_builder_init (&grants, G_VARIANT_TYPE ("a{ss}"));
  if (check == NULL)
    return g_variant_ref_sink (g_variant_builder_end (&grants));
  values = g_variant_ref_sink (g_variant_dict_end (check->grants));
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_variant_builder_add (&grants, "{ss}", key, g_variant_get_string (value, NULL));
      g_variant_unref (value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&grants));
}

gboolean
inner_authority_check_finish (InnerAuthority *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
inner_authority_is_available (InnerAuthority *self)
{
  return self->available;
}
