/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_SETTING_VALUE_H
#define SERVER_CONFIG_SETTING_VALUE_H

#include <stddef.h>

#include "settings.h"

/* SETTING_PRINTED_EXTRA: how much longer than its text a value can become. */
enum { SETTING_ERROR_SIZE = 512, SETTING_PRINTED_EXTRA = 32 };

/* Whether the text is a value of the setting, as Kafka judges it, but for names of Java classes, which nobody looks
 * for. If so, `printed` has the value as Kafka prints it: without white space, numbers in their usual form. Its size is
 * at least that of the text and SETTING_PRINTED_EXTRA. If not, `error` has Kafka's message; one that is too long is
 * cut. */
bool setting_parse(const struct setting *setting, const char *text, char *printed, char error[SETTING_ERROR_SIZE]);

#endif
