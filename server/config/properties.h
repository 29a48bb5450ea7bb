/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_PROPERTIES_H
#define SERVER_CONFIG_PROPERTIES_H

/* Configuration files, in the format of <kwire/storage/properties.h>. Nothing is trimmed: setting_parse() does
 * that. */

#include <stdbool.h>

/* One property; the texts are valid during the call. Returning false ends the reading. */
typedef bool (*property_visitor)(void *context, const char *key, const char *value, int line);

/* Calls the visitor for every property in the order of the file. False if the visitor returned false, or after a
 * complaint if the file cannot be read. */
bool properties_read(const char *path, property_visitor visitor, void *context);

#endif
