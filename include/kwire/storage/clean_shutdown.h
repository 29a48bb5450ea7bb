/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_CLEAN_SHUTDOWN_H
#define KWIRE_STORAGE_CLEAN_SHUTDOWN_H

/* .kafka_cleanshutdown of a log directory: it exists if the broker had a clean shutdown, and has the epoch that the
 * broker was registered with. It is empty in Kafka before 3.7. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

KW_BEGIN_DECLS

/* Reads the JSON. *broker_epoch is -1 if the text is empty or has none, and after an error: KW_ERR_FILE_FORMAT, with
 * *error_at as the byte of the error. */
KW_API KW_NODISCARD kw_status kw_clean_shutdown_parse(int64_t *broker_epoch, kw_string text, size_t *error_at);

/* Writes it as Kafka does, version 0. Returns the writer's status. */
KW_API kw_status kw_clean_shutdown_write(kw_writer *w, int64_t broker_epoch);

KW_END_DECLS
#endif
