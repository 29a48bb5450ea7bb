/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_META_PROPERTIES_H
#define SERVER_LOG_META_PROPERTIES_H

/* The file meta.properties of a data directory, version 1 (KRaft). */

#include <stdbool.h>

#include "log_dir.h"

/* *directory_id is zero if the file has none. False after a complaint. */
bool meta_properties_read(const char *path, struct identity *out, kw_uuid *directory_id);

/* Writes the file to a directory so that it is there whole or not at all, with a new directory id, which is
 * returned. False after a complaint. */
bool meta_properties_write(const char *directory, const struct identity *identity, kw_uuid *directory_id);

/* A random id in Kafka's text form. False after a complaint. */
bool meta_random_id(char text[CLUSTER_ID_SIZE]);

#endif
