/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/clean_shutdown.h>

#include "json_text.h"

static bool read_member(kwi_text *t, kw_string key, void *context)
{
    int64_t *epoch = context;
    return kw_string_equal(key, kw_string_of("brokerEpoch")) ? kwi_json_integer(t, INT64_MAX, epoch) : kwi_json_skip(t);
}

kw_status kw_clean_shutdown_parse(int64_t *broker_epoch, kw_string text, size_t *error_at)
{
    kwi_text t = kwi_text_of(text);
    int64_t epoch = -1;
    bool ok = t.size == 0 || kwi_json_object(&t, read_member, &epoch);
    *broker_epoch = ok ? epoch : -1;
    *error_at = ok ? 0 : t.pos;
    return ok ? KW_OK : KW_ERR_FILE_FORMAT;
}

kw_status kw_clean_shutdown_write(kw_writer *w, int64_t broker_epoch)
{
    kwi_write_text(w, "{\"version\":0,\"brokerEpoch\":");
    kwi_write_number(w, broker_epoch);
    kwi_write_text(w, "}");
    return w->status;
}
