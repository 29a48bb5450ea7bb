/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/partition_metadata.h>

#include "text.h"

/* Moves past `word`; false if the text is different. */
static bool skip_word(kwi_text *t, const char *word)
{
    size_t size = strlen(word);
    kwi_skip_blanks(t);
    if (t->size - t->pos < size || memcmp(t->data + t->pos, word, size) != 0)
        return false;
    t->pos += size;
    return true;
}

static kw_status read_lines(kwi_text *t, kw_uuid *topic_id)
{
    int64_t version;
    kw_string id;
    if (!skip_word(t, "version:"))
        return KW_ERR_FILE_FORMAT;
    kwi_skip_blanks(t);
    size_t at_version = t->pos;
    if (!kwi_read_number(t, INT32_MAX, &version))
        return KW_ERR_FILE_FORMAT;
    if (version < 0) {
        t->pos = at_version;
        return KW_ERR_VERSION;
    }
    if (t->pos == t->size || !kwi_end_line(t) || !skip_word(t, "topic_id:") || !kwi_read_word(t, &id))
        return KW_ERR_FILE_FORMAT;
    t->pos -= (size_t)id.len;
    return kwi_parse_uuid(id, topic_id) && !kw_uuid_is_zero(*topic_id) ? KW_OK : KW_ERR_FILE_FORMAT;
}

kw_status kw_partition_metadata_parse(kw_uuid *topic_id, kw_string text, size_t *error_at)
{
    kwi_text t = kwi_text_of(text);
    memset(topic_id, 0, sizeof *topic_id);
    kw_status status = read_lines(&t, topic_id);
    *error_at = status == KW_OK ? 0 : t.pos;
    if (status != KW_OK)
        memset(topic_id, 0, sizeof *topic_id);
    return status;
}

kw_status kw_partition_metadata_write(kw_writer *w, kw_uuid topic_id)
{
    if (kw_uuid_is_zero(topic_id))
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kwi_write_text(w, "version: 0\ntopic_id: ");
    kwi_write_uuid(w, topic_id);
    return w->status;
}
