/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* What is published as words that inner_publish_parse() reads (as, floating). */
GVariant *inner_plan_published_words (const InnerPlan *plan);

/* The value of the record's "publish" (floating), %NULL if nothing is. */
GVariant *inner_plan_published_record (const InnerPlan *plan);

G_END_DECLS
