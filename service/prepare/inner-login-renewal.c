/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-login-renewal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-agents.h"
#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-json-keep.h"
#include "inner-wire.h"

#define MAX_NOTE (8u * 1024 * 1024)

typedef struct
{
  const char *id;
  int home;
  gboolean write_back;
  GStrvBuilder *notices;
} Renewal;

/* One login: its file on the host, beneath the home directory. */
typedef struct
{
  const char *agent;
  const char *path;
  const char *base;   /* SHA-256 of what was copied */
  const char *digest; /* SHA-256 of the copy */
} Login;

static void
discard (Renewal *renewal, const Login *login, const char *reason)
{
  inner_agent_tell (
      renewal->notices, login->agent,
      _ ("what the sandbox left of its login is discarded: %s; if it asks for a login, log in "
         "outside of a sandbox"),
      reason);
}

static const char *
describe_error (int error)
{
  switch (error)
    {
    case ELOOP:
      return _ ("a symbolic link leads to it");
    case EINVAL:
    case ENXIO:
      return _ ("it is not a regular file");
    case EFBIG:
      return _ ("it is too large");
    default:
      return g_strerror (error);
    }
}

static const char *const *
find_members (const Login *login)
{
  const InnerAgent *agent = inner_agent_lookup (login->agent);

  for (const InnerAgentPath *path = agent != NULL ? agent->paths : NULL;
       path != NULL && path->path != NULL; path++)
    if (path->renew != NULL && g_str_equal (path->path + strlen ("~/"), login->path))
      return path->renew;

  return NULL;
}

/* SECURITY: what is replaced is a regular file of this user with one name, in a directory to which no link leads
 * (attacks 35 and 45; tests/unit/test-login-renewal.c). */
static GBytes *
read_host_file (Renewal *renewal, const Login *login, struct stat *st)
{
  inner_autofd fd = inner_guard_open (renewal->home, login->path, O_RDONLY);
  g_autofree char *data = NULL;
  gsize size;

  if (fd < 0 || fstat (fd, st) < 0)
    {
      discard (renewal, login, describe_error (errno));
      return NULL;
    }
  if (!S_ISREG (st->st_mode) || st->st_uid != getuid () || st->st_nlink != 1)
    {
      discard (renewal, login, _ ("your file is no plain file of yours with one name"));
      return NULL;
    }
  data = inner_guard_read_fd (fd, INNER_LOGIN_MAX_BYTES, &size);
  if (data == NULL)
    {
      discard (renewal, login, describe_error (errno));
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

static gboolean
write_new_file (int directory, const char *name, GBytes *content, mode_t mode)
{
  inner_autofd fd =
      openat (directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gsize size;
  const char *data = g_bytes_get_data (content, &size);

  while (fd >= 0 && size > 0)
    {
      gssize n = write (fd, data, size);

      if (n < 0 && errno != EINTR)
        return FALSE;
      data += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return fd >= 0 && fchmod (fd, mode & 0777) == 0 && fsync (fd) == 0;
}

static gboolean
is_same_file (int directory, const char *name, const struct stat *expected)
{
  struct stat st;

  return fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         st.st_dev == expected->st_dev && st.st_ino == expected->st_ino &&
         st.st_size == expected->st_size && st.st_mtim.tv_sec == expected->st_mtim.tv_sec &&
         st.st_mtim.tv_nsec == expected->st_mtim.tv_nsec;
}

/* Puts @temporary in the place of @name if that still is the file that was read. Both are exchanged, looked at, and
 * exchanged again if somebody else was there in between: there is no moment without a whole file. EBUSY then. */
static gboolean
put_in_place (int directory, const char *temporary, const char *name, const struct stat *expected)
{
  if (renameat2 (directory, temporary, directory, name, RENAME_EXCHANGE) == 0)
    {
      if (is_same_file (directory, temporary, expected))
        return TRUE;
      renameat2 (directory, temporary, directory, name, RENAME_EXCHANGE);
      errno = EBUSY;
      return FALSE;
    }
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
    return FALSE;
  /* A file system that cannot exchange. */
  if (is_same_file (directory, name, expected))
    return renameat (directory, temporary, directory, name) == 0;
  errno = EBUSY;
  return FALSE;
}

static gboolean
replace (Renewal *renewal, const Login *login, GBytes *content, const struct stat *st)
{
  const char *name;
  inner_autofd place = inner_guard_open_parent (renewal->home, login->path, &name);
  inner_autofd directory = place >= 0 ? inner_guard_open (place, "", O_RDONLY | O_DIRECTORY) : -1;
  g_autofree char *temporary = g_strdup_printf (".%s.inner-%s", name, renewal->id);
  gboolean done = FALSE;
  int error;

  if (directory < 0)
    return FALSE;
  unlinkat (directory, temporary, 0);
  if (write_new_file (directory, temporary, content, st->st_mode))
    done = put_in_place (directory, temporary, name, st);
  error = errno;
  unlinkat (directory, temporary, 0);
  fsync (directory);
  errno = error;
  return done;
}

/* What a crash in the middle of replace() left. */
static void
clean_up (Renewal *renewal, const Login *login)
{
  const char *name;
  inner_autofd directory = inner_guard_open_parent (renewal->home, login->path, &name);
  g_autofree char *temporary = g_strdup_printf (".%s.inner-%s", name, renewal->id);

  if (directory >= 0)
    unlinkat (directory, temporary, 0);
}

/* SECURITY: of what the sandbox left, only members that its agent renews count, and only if they look like it; and a
 * login that changed on the host meanwhile, because the agent runs there too, is the one that counts (attack 35;
 * tests/unit/test-login-renewal.c, tests/bus/test_login_renewal.py). */
static void
take_over (Renewal *renewal, const Login *login, GBytes *found)
{
  const char *const *members = find_members (login);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GBytes) current = NULL;
  g_autoptr (GBytes) renewed = NULL;
  g_autofree char *digest = NULL;
  struct stat st;

  current = members != NULL ? read_host_file (renewal, login, &st) : NULL;
  if (current == NULL)
    return;
  clean_up (renewal, login);
  renewed = inner_json_renew (current, found, members, &problem);
  if (problem != NULL)
    {
      discard (renewal, login, problem->message);
      return;
    }
  /* Nothing is new; or all was done before a crash. */
  if (renewed == NULL)
    return;

  digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, current);
  errno = EBUSY;
  if (g_str_equal (digest, login->base) && replace (renewal, login, renewed, &st))
    inner_agent_tell (renewal->notices, login->agent,
                      _ ("it renewed its login in the sandbox; “~/%s” has the new one"),
                      login->path);
  else
    discard (renewal, login,
             errno == EBUSY ? _ ("yours changed meanwhile, and that counts") : g_strerror (errno));
}

static void
judge_one (Renewal *renewal, const Login *login, int error, GBytes *found)
{
  if (!renewal->write_back)
    discard (renewal, login, _ ("the profile does not set agent.write_back"));
  else if (error != 0)
    discard (renewal, login, describe_error (error));
  else
    take_over (renewal, login, found);
}

static void
judge_all (Renewal *renewal, GVariant *logins, GVariant *found)
{
  for (gsize i = 0; i < g_variant_n_children (found); i++)
    {
      g_autoptr (GVariant) data = NULL;
      g_autoptr (GBytes) bytes = NULL;
      Login login;
      guint32 index;
      gint32 error;

      g_variant_get_child (found, i, "(ui@ay)", &index, &error, &data);
      if (index >= g_variant_n_children (logins))
        continue;
      bytes = g_variant_get_data_as_bytes (data);
      g_variant_get_child (logins, index, "(&s&s&s&s)", &login.agent, &login.path, &login.base,
                           &login.digest);
      judge_one (renewal, &login, error, bytes);
    }
}

/* Nobody could look into the sandbox at its end: who held its home died with it. */
static void
tell_lost (Renewal *renewal, GVariant *logins)
{
  for (gsize i = 0; renewal->write_back && i < g_variant_n_children (logins); i++)
    {
      Login login;

      g_variant_get_child (logins, i, "(&s&s&s&s)", &login.agent, &login.path, &login.base,
                           &login.digest);
      discard (renewal, &login, _ ("the sandbox was torn down before it could be read"));
      clean_up (renewal, &login);
    }
}

/* Opens the note and keeps everybody else from it until @fd is closed; %NULL if there is none any more. */
static GVariant *
read_note (int directory_fd, int *fd)
{
  g_autoptr (GVariant) note = NULL;
  g_autoptr (GBytes) bytes = NULL;
  struct stat st;

  *fd = openat (directory_fd, INNER_FILE_LOGINS, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (*fd < 0 || flock (*fd, LOCK_EX) < 0 || fstat (*fd, &st) < 0 || st.st_nlink == 0)
    return NULL;
  bytes = inner_fds_read (*fd, MAX_NOTE, INNER_FILE_LOGINS, NULL);
  if (bytes == NULL)
    return NULL;
  note = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (INNER_LOGINS_NOTE_TYPE), bytes, FALSE));
  return g_variant_is_normal_form (note) ? g_steal_pointer (&note) : NULL;
}

char **
inner_login_renewal_run (int directory_fd, const char *id)
{
  g_autoptr (GStrvBuilder) notices = g_strv_builder_new ();
  inner_autofd fd = -1;
  inner_autofd home = -1;
  g_autoptr (GVariant) note = read_note (directory_fd, &fd);
  g_autoptr (GVariant) logins = NULL;
  g_autoptr (GVariant) found = NULL;
  Renewal renewal = { .id = id, .notices = notices };
  g_auto (GStrv) told = NULL;
  const char *path;
  gboolean collected;

  if (note == NULL)
    return NULL;
  g_variant_get (note, "((b&s@a(ssss))b@a(uiay))", &renewal.write_back, &path, &logins, &collected,
                 &found);
  home = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  renewal.home = home;
  if (collected)
    judge_all (&renewal, logins, found);
  else
    tell_lost (&renewal, logins);

  unlinkat (directory_fd, INNER_FILE_LOGINS, 0);
  told = g_strv_builder_end (notices);
  return told[0] != NULL ? g_steal_pointer (&told) : NULL;
}
