/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_KWIRE_H
#define KWIRE_KWIRE_H

/* All headers of the library except messages and storage formats: each message has a header, e.g.
 * <kwire/messages/metadata_request.h>, and <kwire/messages.h> includes all of them; the formats of Kafka's files are
 * in <kwire/storage/NAME.h>. */

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/append.h>
#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/compression.h>
#include <kwire/control_record.h>
#include <kwire/crc.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/json.h>
#include <kwire/kafka_release.h>
#include <kwire/message.h>
#include <kwire/pairing.h>
#include <kwire/persisted.h>
#include <kwire/reader.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>
#include <kwire/status.h>
#include <kwire/topic_name.h>
#include <kwire/version.h>
#include <kwire/view.h>
#include <kwire/walk.h>
#include <kwire/writer.h>

#endif
