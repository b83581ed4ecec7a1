/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-git-facts.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-git-settings.h"

#define PATIENCE_MS 2000
#define MAX_BYTES (1024u * 1024)
#define PIECE 8192

/* What a file said when it was as @stamp tells. */
typedef struct
{
  char *stamp;
  GBytes *listing;
} Known;

static void
known_free (Known *known)
{
  g_free (known->stamp);
  g_bytes_unref (known->listing);
  g_free (known);
}

/* SECURITY: nothing that a PATH names runs on the host: the program is one of these, belongs to root, and nobody
 * else can write it (attack 31; tests/attack/test_031_planted_helpers.py). */
static const char *
find_git (void)
{
  static const char *const places[] = { "/usr/bin/git", "/usr/local/bin/git", "/bin/git",
                                        "/run/current-system/sw/bin/git", NULL };
  struct stat st;

  for (const char *const *place = places; *place != NULL; place++)
    if (stat (*place, &st) == 0 && S_ISREG (st.st_mode) && st.st_uid == 0 &&
        (st.st_mode & 0022) == 0 && access (*place, X_OK) == 0)
      return *place;

  return NULL;
}

/* Reads to the end of @fd; %NULL if that takes too long or is too much. */
static GBytes *
read_in_time (int fd)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gint64 deadline = g_get_monotonic_time () + PATIENCE_MS * 1000;

  for (;;)
    {
      struct pollfd pollfd = { .fd = fd, .events = POLLIN };
      int left = MAX (0, (deadline - g_get_monotonic_time ()) / 1000);
      guint done = bytes->len;
      int ready = poll (&pollfd, 1, left);
      gssize n;

      if (ready < 0 && errno == EINTR)
        continue;
      if (done > MAX_BYTES || ready <= 0)
        return NULL;
      g_byte_array_set_size (bytes, done + PIECE);
      n = read (fd, bytes->data + done, PIECE);
      g_byte_array_set_size (bytes, done + MAX (n, 0));
      if (n == 0)
        return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
      if (n < 0 && errno != EINTR)
        return NULL;
    }
}

/* SECURITY: git runs nothing of what it lists here. It gets no variable but the home directory that "~" in an
 * include means, and stands where no repository is, so that no other configuration has a say (attack 30;
 * tests/unit/test-git-settings.c). A file that never ends, such as a FIFO, holds nobody up for long. */
static GBytes *
list_file (const char *git, const char *home, const char *path)
{
  g_autofree char *home_variable = g_strconcat ("HOME=", home, NULL);
  const char *const arguments[] = { git,  "-C",         "/",      "config", "--list",
                                    "-z", "--includes", "--file", path,     NULL };
  char *environment[] = { home_variable, (char *) "GIT_CONFIG_NOSYSTEM=1", (char *) "LC_ALL=C",
                          (char *) "GIT_DIR=/nonexistent", NULL };
  g_autoptr (GBytes) listing = NULL;
  inner_autofd output = -1;
  int status = -1;
  GPid pid;

  if (!g_spawn_async_with_pipes (NULL, (char **) arguments, environment,
                                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN |
                                     G_SPAWN_STDERR_TO_DEV_NULL,
                                 NULL, NULL, &pid, NULL, &output, NULL, NULL))
    return NULL;
  listing = read_in_time (output);
  if (listing == NULL)
    kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  return listing != NULL && status == 0 ? g_steal_pointer (&listing) : NULL;
}

static gboolean
has_includes (GBytes *listing)
{
  gsize size;
  const char *data = g_bytes_get_data (listing, &size);

  for (const char *at = data; at != NULL && at < data + size;)
    {
      if (g_str_has_prefix (at, "include"))
        return TRUE;
      at = memchr (at, '\0', data + size - at);
      at = at != NULL ? at + 1 : NULL;
    }

  return FALSE;
}

/* Starting git costs more than a millisecond, so what it said is kept for as long as the file is the same. What
 * an included file says is not. */
static GBytes *
list_file_or_remember (const char *git, const char *home, const char *path, const struct stat *st)
{
  static GHashTable *all = NULL;
  g_autofree char *stamp = g_strdup_printf (
      "%ju:%ju:%jd:%jd.%09ld:%jd.%09ld", (uintmax_t) st->st_dev, (uintmax_t) st->st_ino,
      (intmax_t) st->st_size, (intmax_t) st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
      (intmax_t) st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
  GBytes *listing;
  Known *known;

  if (all == NULL)
    all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) known_free);
  known = g_hash_table_lookup (all, path);
  if (known != NULL && g_str_equal (known->stamp, stamp))
    return g_bytes_ref (known->listing);

  listing = list_file (git, home, path);
  if (listing == NULL || has_includes (listing))
    {
      g_hash_table_remove (all, path);
      return listing;
    }
  known = g_new0 (Known, 1);
  known->stamp = g_steal_pointer (&stamp);
  known->listing = g_bytes_ref (listing);
  g_hash_table_replace (all, g_strdup (path), known);
  return listing;
}

/* "key\nvalue\0", or "key\0" for a key without a value. */
static void
take_listing (InnerHost *host, GBytes *listing)
{
  gsize size;
  const char *data = g_bytes_get_data (listing, &size);
  const char *end = data + size;

  for (const char *at = data; at != NULL && at < end;)
    {
      const char *stop = memchr (at, '\0', end - at);
      g_autofree char *key = g_strndup (at, (stop != NULL ? stop : end) - at);
      char *value = strchr (key, '\n');

      if (value != NULL)
        *value++ = '\0';
      if (inner_git_setting_is_kept (key, value))
        inner_git_values_add (host->git_settings, key, value);
      at = stop != NULL ? stop + 1 : NULL;
    }
}

void
inner_host_read_git (InnerHost *host, const char *git, const char *const *paths)
{
  host->git_settings = inner_git_values_new ();
  for (; *paths != NULL; paths++)
    {
      g_autoptr (GBytes) listing = NULL;
      struct stat st;

      if (stat (*paths, &st) < 0)
        continue;
      if (git != NULL && S_ISREG (st.st_mode))
        listing = list_file_or_remember (git, host->home, *paths, &st);
      if (listing != NULL)
        take_listing (host, listing);
      else if (host->git_problem == NULL)
        host->git_problem = g_strdup_printf (
            git == NULL
                ? _ ("your git settings are not carried in, because there is no git on this "
                     "machine that could read “%s”")
                : _ ("your git settings are not carried in, because git cannot read “%s”; "
                     "see “git config --list --file %s”"),
            *paths, *paths);
    }
}

void
inner_host_look_at_git (InnerHost *host, InnerProfile *profile)
{
  g_autofree char *xdg = g_build_filename (g_get_user_config_dir (), "git", "config", NULL);
  g_autofree char *own = g_build_filename (host->home, ".gitconfig", NULL);
  const char *const paths[] = { xdg, own, NULL };

  if (inner_profile_has (profile, INNER_KEY_GIT_STRIP_SECTIONS) ||
      inner_profile_has (profile, INNER_KEY_GIT_OVERRIDES))
    inner_host_read_git (host, find_git (), paths);
}
