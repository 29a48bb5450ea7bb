/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/storage/names.h>

#include "../command/output.h"
#include "../command/progress.h"

struct session {
    session_options options;
    recogniser recogniser;
    explainer *explainer;
    source *in;
    const char *label; /* of the source */
    char labels[512];
    note remark;
    char folder[512]; /* that contains the source */
    progress progress;
};

/* ---- explaining ---- */

static explain_input input_of(const session *s, size_t size, bool has_size, bool cut)
{
    return (explain_input){.data = source_data(s->in),
                           .size = size,
                           .has_size = has_size,
                           .cut = cut,
                           .offset = s->in->offset,
                           .label = s->label,
                           .remark = s->remark.len != 0 ? s->remark.text : NULL};
}

/* Takes the bytes that were explained last. */
static void take(session *s, size_t size)
{
    source_take(s->in, size);
    progress_set(&s->progress, s->in->offset);
}

static kw_bytes payload_of(const explain_input *in)
{
    size_t at = in->has_size ? 4 : 0;
    return kw_bytes_of(in->data + at, in->size - at);
}

/* The request of a response. */
typedef struct answered {
    const kw_in_flight *request; /* NULL: given by the user, if known */
    int16_t api_key;             /* -1: not known */
    int16_t version;
} answered;

static answered find_answered(session *s, kw_bytes payload, bool cut)
{
    const kw_in_flight *request = recogniser_find(&s->recogniser, payload, cut);
    answered a = {request, s->options.api_key, s->options.version};
    if (request != NULL) {
        a.api_key = request->api_key;
        a.version = request->api_version;
    } else if (a.api_key >= 0 && a.version < 0) {
        a.version = recognise_version(&s->recogniser, payload, cut, a.api_key);
    }
    return a;
}

static likeness like_response(session *s, const answered *a, kw_bytes payload, bool cut)
{
    if (a->api_key < 0 || a->version < 0 || s->options.kind == SESSION_REQUESTS)
        return LIKE_NOTHING;
    return recognise_response(&s->recogniser, payload, cut, a->api_key, a->version);
}

static likeness like_request(session *s, kw_bytes payload, bool cut)
{
    return s->options.kind == SESSION_RESPONSES ? LIKE_NOTHING : recognise_request(&s->recogniser, payload, cut);
}

static likeness like_frame(session *s, kw_bytes payload, bool cut)
{
    answered a = find_answered(s, payload, cut);
    likeness response = like_response(s, &a, payload, cut);
    likeness request = like_request(s, payload, cut);
    return response > request ? response : request;
}

static bool explain_as_response(session *s, explain_input *in, const answered *a, likeness as_request)
{
    if (as_request >= LIKE_LONGER)
        note_format(&s->remark, "%scould also be a request (see --request)", s->remark.len != 0 ? ", " : "");
    if (a->request == NULL && s->options.version < 0)
        note_format(&s->remark, "%sversion %d is the highest that fits (see --version)", s->remark.len != 0 ? ", " : "",
                    a->version);
    in->remark = s->remark.len != 0 ? s->remark.text : NULL;
    bool fine = explain_response(s->explainer, in, a->api_key, a->version);
    if (a->request != NULL)
        recogniser_take(&s->recogniser, a->request);
    return fine;
}

static bool explain_as_request(session *s, const explain_input *in)
{
    bool fine = explain_request(s->explainer, in);
    recogniser_add(&s->recogniser, payload_of(in));
    return fine;
}

static bool explain_unknown_frame(session *s, const explain_input *in)
{
    note hint, reason;
    note_clear(&reason);
    note_text(&reason, s->options.kind == SESSION_RESPONSES ? "its request is not known (see --api and --version)"
                                                            : "neither a request nor the response to one before it");
    recognise_any_response(&s->recogniser, payload_of(in), &hint);
    if (hint.len != 0)
        note_format(&reason, "; it could be a response of %s (see --api and --version)", hint.text);
    return explain_unknown(s->explainer, in, KW_ERR_UNKNOWN_MESSAGE, reason.text);
}

static bool explain_frame(session *s, size_t size, bool has_size, bool cut)
{
    explain_input in = input_of(s, size, has_size, cut);
    kw_bytes payload = payload_of(&in);
    answered a = find_answered(s, payload, cut);
    likeness response = like_response(s, &a, payload, cut);
    likeness request = like_request(s, payload, cut);
    bool fine;
    if (s->options.kind == SESSION_RESPONSES && a.api_key >= 0 && a.version >= 0)
        fine = explain_as_response(s, &in, &a, LIKE_NOTHING);
    else if (response != LIKE_NOTHING && response >= request)
        fine = explain_as_response(s, &in, &a, request);
    else if (request != LIKE_NOTHING || s->options.kind == SESSION_REQUESTS)
        fine = explain_as_request(s, &in);
    else if (s->recogniser.tokens)
        fine = explain_token(s->explainer, &in);
    else
        fine = explain_unknown_frame(s, &in);
    note_clear(&s->remark);
    return fine;
}

/* ---- frames ---- */

static bool explain_no_frame(session *s, size_t size, kw_status status)
{
    explain_input in = input_of(s, size, false, false);
    note_clear(&s->remark);
    return explain_unknown(s->explainer, &in, status, NULL);
}

static bool run_sized(session *s)
{
    bool fine = true;
    size_t available;
    while ((available = source_need(s->in, 4)) != 0) {
        kw_frame f;
        (void)(s->recogniser.tokens ? kw_frame_next_token : kw_frame_next)(source_data(s->in), available,
                                                                           s->options.max_frame, &f);
        if (f.status != KW_OK)
            return explain_no_frame(s, available, f.status);
        available = source_need(s->in, f.needed);
        bool cut = available < f.needed;
        size_t size = cut ? available : f.needed;
        fine = explain_frame(s, size, size >= 4, cut) && !cut && fine;
        take(s, size);
    }
    return fine;
}

/* Reads all of the input. False, with a line on standard error, if it is too large. */
static bool need_all(session *s, size_t *size)
{
    *size = source_need(s->in, s->options.max_frame + 1);
    if (*size <= s->options.max_frame)
        return true;
    complain("the input is larger than %zu bytes (see --max-frame)", s->options.max_frame);
    return false;
}

static bool run_unsized(session *s)
{
    size_t size;
    if (!need_all(s, &size))
        return false;
    if (!s->options.unsized)
        note_text(&s->remark, "without its size");
    bool fine = explain_frame(s, size, false, false);
    take(s, size);
    return fine;
}

/* ---- records ---- */

/* The topic in the name of a segment's folder. */
static kw_string topic_of(session *s)
{
    kw_partition_dir_name name;
    if (s->options.explain.topic != NULL)
        return kw_string_of(s->options.explain.topic);
    if (s->folder[0] == '\0' || !kw_partition_dir_name_parse(kw_string_of(s->folder), &name))
        return kw_string_of(NULL);
    return name.topic;
}

/* The next batch, complete if the input has all of it. Returns its size, or that of the rest, which is cut or broken;
 * 0 at the end. */
static size_t need_batch(session *s, bool *is_rest)
{
    kw_batches bs;
    kw_batch b;
    size_t available = source_need(s->in, KW_BATCH_MAGIC + 1);
    *is_rest = false;
    for (;;) {
        kw_batches_init_memory(&bs, source_data(s->in), available);
        if (kw_batches_next(&bs, &b))
            return b.size;
        size_t before = available;
        if (bs.status == KW_OK && bs.partial != 0 && bs.needed <= s->options.max_frame)
            available = source_need(s->in, bs.needed);
        if (available <= before) {
            *is_rest = true;
            return available;
        }
    }
}

static bool run_records(session *s)
{
    kw_string topic = topic_of(s);
    bool fine = true;
    bool is_rest = false;
    char name[QUOTED_SIZE];
    size_t size;
    while (!is_rest && (size = need_batch(s, &is_rest)) != 0) {
        explain_input in = input_of(s, size, false, false);
        bool valid = explain_records(s->explainer, &in, topic);
        take(s, size);
        if (valid && is_rest)
            complain("%s: it ends inside a batch", source_name(s->in, name));
        fine = valid && !is_rest && fine;
    }
    return fine;
}

/* ---- the kind of an input ---- */

/* In this order: frames with their size, if the first is complete and can be read; record batches, if the checksum of
 * the first is valid; one frame without size, if all of it can be read; then the first that is possible. */
static bool run_any(session *s)
{
    kw_frame f;
    size_t available = source_need(s->in, 4);
    bool complete = kw_frame_next(source_data(s->in), available, s->options.max_frame, &f);
    if (f.status == KW_OK && f.needed > available) {
        available = source_need(s->in, f.needed);
        complete = kw_frame_next(source_data(s->in), available, s->options.max_frame, &f);
    }
    likeness sized = f.status != KW_OK ? LIKE_NOTHING : like_frame(s, f.payload, !complete);
    if (complete && sized >= LIKE_BROKEN)
        return run_sized(s);

    available = source_need(s->in, s->options.max_frame + 1);
    if (s->options.kind == SESSION_ANY && recognise_batch(source_data(s->in), available))
        return run_records(s);
    kw_bytes all = kw_bytes_of(source_data(s->in), available);
    likeness whole = available <= s->options.max_frame ? like_frame(s, all, false) : LIKE_NOTHING;
    if (whole >= LIKE_LONGER)
        return run_unsized(s);
    if (complete || sized >= LIKE_BROKEN)
        return run_sized(s);
    if (whole != LIKE_NOTHING)
        return run_unsized(s);
    return run_sized(s);
}

/* ---- sessions ---- */

session *session_create(const session_options *options)
{
    session *s = calloc(1, sizeof *s);
    if (s == NULL)
        die("out of memory");
    s->options = *options;
    recogniser_init(&s->recogniser, options->explain.max_memory);
    s->explainer = explainer_create(&options->explain);
    return s;
}

void session_destroy(session *s)
{
    explainer_destroy(s->explainer);
    recogniser_finish(&s->recogniser);
    free(s);
}

static void set_label(session *s)
{
    source *in = s->in;
    (void)source_need(in, 1); /* then it is known whether these are packets */
    bool says_shape = in->shape > BYTES_HEX || (in->shape == BYTES_HEX && in->name != NULL);
    snprintf(s->labels, sizeof s->labels, "%s%s%s", in->name != NULL ? in->name : "",
             in->name != NULL && says_shape ? ", " : "", says_shape ? "read as " : "");
    size_t len = strlen(s->labels);
    if (says_shape)
        len += (size_t)snprintf(s->labels + len, sizeof s->labels - len, "%s", bytes_shape_name(in->shape));
    if (in->headers != NULL && len < sizeof s->labels)
        snprintf(s->labels + len, sizeof s->labels - len, "%swithout its %s", len != 0 ? ", " : "", in->headers);
    s->label = s->labels[0] != '\0' ? s->labels : NULL;
}

/* The folder that the file is in. */
static void set_folder(session *s)
{
    s->folder[0] = '\0';
    char *path = s->in->name != NULL ? realpath(s->in->name, NULL) : NULL;
    char *slash = path != NULL ? strrchr(path, '/') : NULL;
    if (slash != NULL) {
        *slash = '\0';
        const char *folder = strrchr(path, '/');
        snprintf(s->folder, sizeof s->folder, "%s", folder != NULL ? folder + 1 : "");
    }
    free(path);
}

static bool run_message(session *s)
{
    size_t size;
    if (!need_all(s, &size))
        return false;
    explain_input in = input_of(s, size, false, false);
    return explain_message(s->explainer, &in, s->options.message, s->options.version);
}

static bool run_by_kind(session *s)
{
    if (s->options.kind == SESSION_MESSAGE)
        return run_message(s);
    if (source_need(s->in, 1) == 0) {
        if (!source_failed(s->in)) {
            char name[QUOTED_SIZE];
            complain("%s: it is empty", source_name(s->in, name));
        }
        return false;
    }
    if (s->options.kind == SESSION_RECORDS)
        return run_records(s);
    return s->options.unsized ? run_unsized(s) : run_any(s);
}

bool session_run(session *s, source *in)
{
    s->in = in;
    note_clear(&s->remark);
    set_label(s);
    set_folder(s);
    progress_begin(&s->progress, in->name != NULL ? in->name : "standard input", in->file_size, false);
    bool fine = run_by_kind(s) && !source_failed(in);
    progress_hide(&s->progress);
    return fine;
}
