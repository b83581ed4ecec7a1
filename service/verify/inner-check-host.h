/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerHostView:
 * @home: the home directory of the user
 * @runtime_dir: (nullable): $XDG_RUNTIME_DIR
 * @n_profiles: how many profiles were validated
 * @faults: (element-type utf8): what is wrong with some of them, a sentence each
 *
 * What the doctor is told by the service, because it looks in threads that do not share the service's data.
 */
typedef struct {
  char      *home;
  char      *runtime_dir;
  guint      n_profiles;
  GPtrArray *faults;
} InnerHostView;

/* Copies its arguments; @runtime_dir is nullable. No profile and no fault is in it. */
InnerHostView *inner_host_view_new      (const char *home, const char *runtime_dir);
void           inner_host_view_free     (InnerHostView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerHostView, inner_host_view_free)

/* The doctor: looks at what of this machine a sandbox needs, by trying it, all checks at the same time. None
 * takes longer than some seconds. @view (transfer full). */
void           inner_check_host_async   (InnerHostView       *view,
                                         GAsyncReadyCallback  callback,
                                         gpointer             data);

/* Gives the answer of the method CheckHost (aa{sv}, floating), in the order of the table. It does not fail: what
 * cannot be looked at is a finding. */
GVariant      *inner_check_host_finish  (GAsyncResult *result);

G_END_DECLS
