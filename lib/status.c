/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/status.h>
#include <kwire/version.h>

#define KWI_TEXT(x) #x
#define KWI_EXPAND(x) KWI_TEXT(x)

const char *kw_version(void)
{
    return KWI_EXPAND(KW_VERSION_MAJOR) "." KWI_EXPAND(KW_VERSION_MINOR) "." KWI_EXPAND(KW_VERSION_PATCH);
}

const char *kw_status_name(kw_status status)
{
    switch (status) {
#define KWI_NAME(name, value, text) \
    case KW_##name:                 \
        return #name;
        KW_STATUS_MAP(KWI_NAME)
#undef KWI_NAME
    }
    return "ERR_?";
}

const char *kw_status_text(kw_status status)
{
    switch (status) {
#define KWI_SENTENCE(name, value, text) \
    case KW_##name:                     \
        return text;
        KW_STATUS_MAP(KWI_SENTENCE)
#undef KWI_SENTENCE
    }
    return "unknown status";
}
