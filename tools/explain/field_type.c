/* SPDX-License-Identifier: Apache-2.0 */
#include "field_type.h"

static const char *const views[3][4] = {
    {"STRING", "NULLABLE_STRING", "COMPACT_STRING", "COMPACT_NULLABLE_STRING"},
    {"BYTES", "NULLABLE_BYTES", "COMPACT_BYTES", "COMPACT_NULLABLE_BYTES"},
    {"RECORDS", "RECORDS", "COMPACT_RECORDS", "COMPACT_RECORDS"},
};

static const char *kind_type(kw_kind kind, unsigned which)
{
    switch (kind) {
    case KW_KIND_BOOL:
        return "BOOLEAN";
    case KW_KIND_INT8:
        return "INT8";
    case KW_KIND_INT16:
        return "INT16";
    case KW_KIND_UINT16:
        return "UINT16";
    case KW_KIND_INT32:
        return "INT32";
    case KW_KIND_UINT32:
        return "UINT32";
    case KW_KIND_INT64:
        return "INT64";
    case KW_KIND_FLOAT64:
        return "FLOAT64";
    case KW_KIND_UUID:
        return "UUID";
    case KW_KIND_STRING:
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        return views[kind - KW_KIND_STRING][which];
    case KW_KIND_STRUCT:
        return "STRUCT";
    }
    return "";
}

const char *step_type(const kw_step *step, int16_t version, bool flexible)
{
    if (step->field == NULL)
        return step->event == KW_EVENT_UNKNOWN_TAG ? "RAW" : "STRUCT";
    bool compact = field_is_compact(step->field, flexible);
    if (step_is_array(step))
        return compact ? "COMPACT_ARRAY" : "ARRAY";
    bool nullable = step->index < 0 && kw_versions_have(step->field->nullable, version);
    return kind_type((kw_kind)step->field->kind, (compact ? 2u : 0u) | (nullable ? 1u : 0u));
}
