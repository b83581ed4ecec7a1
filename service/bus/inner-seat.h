/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-link.h"

G_BEGIN_DECLS

/**
 * InnerSeats:
 *
 * Supervisors that wait for their orders. Where the user has a systemd of their own, each is in a scope of
 * its own (inner-<number>.scope), in which its sandbox will be too: that is where limits are enforced, and
 * why nobody's work ends when the service is stopped.
 *
 * To make a scope takes 10 to 25 ms, because the kernel waits for every processor when a process changes its
 * cgroup; to give a scope its limits takes less than one. So one seat more than needed is made beforehand,
 * as soon as one was taken.
 */
typedef struct _InnerSeats InnerSeats;

/* One of them. It owns the line to the supervisor until that is taken. */
typedef struct _InnerSeat InnerSeat;

/* @error is %NULL when the seat is ready. */
typedef void (*InnerSeatReady) (const GError *error, gpointer data);

/* @runtime_dir: where the socket of the user's systemd is, $XDG_RUNTIME_DIR (nullable). @keep_spare: whether
 * a seat is made beforehand. */
InnerSeats *inner_seats_new     (const char *runtime_dir, gboolean keep_spare);
void        inner_seats_free    (InnerSeats *seats);

/* Gives a seat; its scope may still be in the making. Fails with LaunchFailed. */
InnerSeat  *inner_seats_take    (InnerSeats *seats, GError **error);
void        inner_seat_free     (InnerSeat *seat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerSeat, inner_seat_free)

/* Calls @ready, never before it returns, when the scope is made and has @properties (a(sv), floating is
 * sunk), or when there is none to make. Not called any more when the seat was freed. */
void        inner_seat_bound    (InnerSeat      *seat,
                                 GVariant       *properties,
                                 InnerSeatReady  ready,
                                 gpointer        data);

/* Gives the line to the supervisor (transfer full). */
InnerLink  *inner_seat_take_link (InnerSeat *seat);
InnerLink  *inner_seat_peek_link (InnerSeat *seat);

G_END_DECLS
