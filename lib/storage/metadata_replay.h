/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_METADATA_REPLAY_H
#define KWI_STORAGE_METADATA_REPLAY_H

/* What the parts of the replay share: one function a type of record, and copies, as the image outlives the records. */

#include <kwire/reader.h>
#include <kwire/storage/metadata_image.h>

/* Reads a body of this version and changes the image. */
typedef kw_status (*kwi_replay_function)(kw_metadata_replay *r, int16_t version, kw_reader *in);

kw_status kwi_replay_register_broker(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_unregister_broker(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_change_broker(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_fence(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_unfence(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_topic(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_remove_topic(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_clear_elr(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_partition(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_partition_change(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_config(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_feature(kw_metadata_replay *r, int16_t version, kw_reader *in);
kw_status kwi_replay_producer_ids(kw_metadata_replay *r, int16_t version, kw_reader *in);

/* Why the last allocation for the image failed. */
kw_status kwi_replay_full(const kw_metadata_replay *r);

/* False if the arena is full. Null is copied as empty; memory of a longer array is used again, as ISRs come and go. */
KW_NODISCARD bool kwi_copy_ints(kw_metadata_replay *r, kw_int32_array *to, kw_int32_array from);
KW_NODISCARD bool kwi_copy_uuids(kw_metadata_replay *r, kw_uuid_array *to, kw_uuid_array from);
KW_NODISCARD bool kwi_copy_text(kw_metadata_replay *r, kw_string *to, kw_string from);

#endif
