/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_PROTECTION_H
#define SERVER_CONFIG_PROTECTION_H

#include <stdbool.h>

#include "listeners.h"
#include "settings.h"

/* Whether a valid value asks for something that would protect the broker, its data or its clients, and that is not
 * implemented: to start in spite of it would be to leave them open. */
bool asks_for_protection(const struct setting *setting, const char *value);

/* The same of a name that is not in the table: a setting of one listener (listener.name.NAME.SETTING), unless that is
 * the controller's and therefore not opened, or one of SSL or SASL. */
bool name_asks_for_protection(const struct listeners *listeners, const char *name);

/* Whether it is a setting of one listener. */
bool is_of_listener(const char *name);

#endif
