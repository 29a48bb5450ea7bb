/* SPDX-License-Identifier: Apache-2.0 */
/* Separate from reading, which links every message. */
#include <kwire/persisted.h>

void kw_persisted_encode_header(kw_writer *w, const kw_message *m, int16_t version)
{
    if (m->kind != KW_MESSAGE_METADATA_RECORD && m->kind != KW_MESSAGE_COORDINATOR_KEY &&
        m->kind != KW_MESSAGE_COORDINATOR_VALUE) {
        (void)kw_writer_fail(w, KW_ERR_ARGUMENT);
    } else if (!kw_versions_have(m->versions, version)) {
        (void)kw_writer_fail(w, KW_ERR_VERSION);
    } else if (m->kind == KW_MESSAGE_METADATA_RECORD) {
        kw_write_unsigned_varint(w, KW_METADATA_FRAME_VERSION);
        kw_write_unsigned_varint(w, (uint32_t)m->api_key);
        kw_write_unsigned_varint(w, (uint32_t)version);
    } else {
        kw_write_int16(w, m->kind == KW_MESSAGE_COORDINATOR_KEY ? m->api_key : version);
    }
}
