/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-authority.h"
#include "inner-instance.h"
#include "inner-profile-registry.h"
#include "inner-runs.h"
#include "inner-seat.h"

G_BEGIN_DECLS

/**
 * InnerService:
 *
 * What one run of the service holds: its connection, who calls, the profiles, the sandboxes. The
 * connection is a session bus, or the private line to one innerctl.
 */
typedef struct _InnerService InnerService;

/* Exports everything on @connection and adopts the sandboxes that live already. Fails with
 * HostUnsupported. @quit is called when the private line has ended. */
InnerService         *inner_service_new              (GDBusConnection *connection,
                                                      void           (*quit) (gpointer data),
                                                      gpointer         data,
                                                      GError         **error);
void                  inner_service_free             (InnerService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerService, inner_service_free)

/* The parts of the service, as long as it lives. (transfer none) */
InnerProfileRegistry *inner_service_get_registry     (InnerService *service);
InnerTrust           *inner_service_get_trust        (InnerService *service);
InnerAuthority       *inner_service_get_authority    (InnerService *service);
/* polkit was asked: whether it answers may have changed. */
void                  inner_service_note_authority   (InnerService *service);
InnerRuns            *inner_service_get_runs         (InnerService *service);
InnerSeats           *inner_service_get_seats        (InnerService *service);
const char           *inner_service_get_runtime_dir  (InnerService *service);

/* What is known of the sandbox @id. */
typedef enum {
  INNER_SANDBOX_UNKNOWN,
  INNER_SANDBOX_STARTING,                 /* perhaps by a service that is no more */
  INNER_SANDBOX_KNOWN,                    /* it runs, or it ran */
  INNER_SANDBOX_RECORDED,                 /* nothing is left of it but its record */
} InnerSandboxState;

/* Looks for the sandbox @id among those of this service, and of those that were here before it. */
InnerSandboxState     inner_service_look_up          (InnerService *service, const char *id);

/* How many sandboxes are alive or being started. */
guint                 inner_service_count_living     (InnerService *service);

/* Whether a sandbox that still exists has this name or id. */
gboolean              inner_service_has_name         (InnerService *service, const char *name);

/* Makes, follows and exports the object of a sandbox whose record went to @link (taken). @started is
 * called when its command runs, or with the reason why it does not; then the object is gone again. */
void                  inner_service_add              (InnerService         *service,
                                                      GVariant             *properties,
                                                      InnerLink            *link,
                                                      InnerCaller          *owner,
                                                      gboolean              detached,
                                                      InnerInstanceStarted  started,
                                                      gpointer              data);

G_END_DECLS
