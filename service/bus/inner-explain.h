/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"

G_BEGIN_DECLS

/* Parts of the answer of DescribeProfile, as org.inner.Sandbox.xml has them; floating. */

/* as: the privileges that @profile asks for. */
GVariant *inner_explain_privilege_keys (InnerProfile *profile);

/* a{ss}: what each of them opens; those that are unknown are left out. */
GVariant *inner_explain_privileges     (InnerProfile *profile);

/* a{ss}: what each agent that @profile names brings along. */
GVariant *inner_explain_agents         (InnerProfile *profile);

/* a(sss): what @profile says of the network, groups replaced by what they stand for, each once. */
GVariant *inner_explain_destinations   (InnerProfile *profile);

G_END_DECLS
