/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/api_keys.h>
#include <kwire/frame.h>

#define UNKNOWN_KEY 9999

/* ---- the stream ---- */

static bool next(kw_bytes bytes, size_t max_size, kw_frame *frame)
{
    memset(frame, 0xee, sizeof *frame);
    return kw_frame_next(bytes.data, (size_t)bytes.len, max_size, frame);
}

/* The status of an incomplete or invalid frame: KW_OK if it is only incomplete. */
static kw_status status_of(kw_bytes bytes, size_t max_size, kw_frame *frame)
{
    assert_false(next(bytes, max_size, frame));
    return frame->status;
}

static void frames_come_out_of_any_chunking(void **state)
{
    (void)state;
    kw_bytes stream = given("00000004 01020304  00000009 112233445566778899  00000004 0a0b0c0d");
    const size_t sizes[] = {8, 13, 8};
    for (size_t chunk = 1; chunk <= (size_t)stream.len; chunk++) {
        size_t start = 0, have = 0, found = 0;
        while (found < 3) {
            assert_true(have < (size_t)stream.len);
            have = have + chunk < (size_t)stream.len ? have + chunk : (size_t)stream.len;
            kw_bytes window = given_prefix(stream, have);
            kw_frame frame;
            while (found < 3 && kw_frame_next(window.data + start, have - start, 100, &frame)) {
                assert_int_equal(frame.consumed, sizes[found]);
                assert_int_equal(frame.needed, sizes[found]);
                assert_int_equal(frame.payload.len, sizes[found] - 4);
                assert_memory_equal(frame.payload.data, stream.data + start + 4, sizes[found] - 4);
                start += frame.consumed;
                found++;
            }
        }
        assert_int_equal(start, stream.len);
    }
}

static void an_incomplete_frame_reports_the_size_needed(void **state)
{
    (void)state;
    kw_bytes whole = given("00000009 112233445566778899");
    for (size_t size = 0; size < (size_t)whole.len; size++) {
        kw_frame frame;
        assert_status(status_of(given_prefix(whole, size), 100, &frame), KW_OK);
        assert_int_equal(frame.consumed, 0);
        assert_int_equal(frame.needed, size < 4 ? 4 : 13);
        assert_int_equal(frame.payload.len, size < 4 ? 0 : size - 4); /* the available bytes can be read */
    }
}

static void a_size_out_of_bounds_is_no_frame(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t max_size;
        kw_status want;
    } cases[] = {
        {"00000000", 100, KW_ERR_FRAME_SIZE},
        {"00000003", 100, KW_ERR_FRAME_SIZE},
        {"00000004", 100, KW_OK},
        {"00000064", 100, KW_OK},
        {"00000065", 100, KW_ERR_FRAME_SIZE},
        {"ffffffff", 100, KW_ERR_FRAME_SIZE},
        {"80000000", SIZE_MAX, KW_ERR_FRAME_SIZE},
        {"7fffffff", SIZE_MAX, KW_OK},
        {"06400000", KW_FRAME_MAX_DEFAULT, KW_OK}, /* 100 MiB, as in Kafka */
        {"06400001", KW_FRAME_MAX_DEFAULT, KW_ERR_FRAME_SIZE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_frame frame;
        assert_status(status_of(given(cases[i].hex), cases[i].max_size, &frame), cases[i].want);
        assert_int_equal(frame.needed != 0, cases[i].want == KW_OK);
        assert_int_equal(frame.consumed, 0);
        assert_int_equal(frame.payload.len, 0);
    }
}

static void other_protocols_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        kw_status want;
    } cases[] = {
        {"16030100", KW_ERR_FRAME_TLS},             /* handshake record of TLS 1.0 */
        {"16030301 7a010001 76", KW_ERR_FRAME_TLS}, /* TLS 1.2, client hello */
        {"15030300 020228", KW_ERR_FRAME_TLS},      /* an alert, the answer of a TLS port to a plaintext client */
        {"17030300", KW_ERR_FRAME_TLS},             /* application data */
        {"14030300", KW_ERR_FRAME_TLS},             /* the first and the last content type */
        {"18030400", KW_ERR_FRAME_TLS},
        {"13030300", KW_ERR_FRAME_SIZE},      /* no content type */
        {"802e0103 01", KW_ERR_FRAME_TLS},    /* SSL 2 hello that asks for TLS 1.0 */
        {"16030500", KW_ERR_FRAME_SIZE},      /* no such version */
        {"19030300", KW_ERR_FRAME_SIZE},      /* no such content type */
        {"47455420 2f20", KW_ERR_FRAME_HTTP}, /* "GET / " */
        {"504f5354", KW_ERR_FRAME_HTTP},      /* "POST" */
        {"50555420", KW_ERR_FRAME_HTTP},      /* "PUT " */
        {"48454144", KW_ERR_FRAME_HTTP},      /* "HEAD" */
        {"44454c45", KW_ERR_FRAME_HTTP},      /* "DELETE" */
        {"4f505449", KW_ERR_FRAME_HTTP},      /* "OPTIONS" */
        {"434f4e4e", KW_ERR_FRAME_HTTP},      /* "CONNECT" */
        {"54524143", KW_ERR_FRAME_HTTP},      /* "TRACE" */
        {"50415443", KW_ERR_FRAME_HTTP},      /* "PATCH" */
        {"50524920", KW_ERR_FRAME_HTTP},      /* "PRI ", HTTP/2 */
        {"48545450 2f31", KW_ERR_FRAME_HTTP}, /* "HTTP/1", a response */
        {"67657420", KW_ERR_FRAME_SIZE},      /* "get " */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_frame frame;
        assert_status(status_of(given(cases[i].hex), KW_FRAME_MAX_DEFAULT, &frame), cases[i].want);
        kw_bytes short_of_four = given_prefix(given(cases[i].hex), 3);
        assert_status(status_of(short_of_four, KW_FRAME_MAX_DEFAULT, &frame), KW_OK);
    }
}

/* With a limit above 369 million the first bytes of a TLS record are a valid size. */
static void a_size_below_the_limit_is_accepted(void **state)
{
    (void)state;
    kw_frame frame;
    assert_status(status_of(given("16030100"), SIZE_MAX, &frame), KW_OK);
    assert_int_equal(frame.needed, 0x16030100 + 4);
    assert_status(status_of(given("47455420"), SIZE_MAX, &frame), KW_OK);
    assert_status(status_of(given("16030100"), 0x16030100, &frame), KW_OK);
    assert_status(status_of(given("16030100"), 0x16030100 - 1, &frame), KW_ERR_FRAME_TLS);
}

/* Q36: tokens have no header and may be empty. */
static void raw_tokens_have_any_size(void **state)
{
    (void)state;
    kw_frame frame;
    assert_true(kw_frame_next_token(given("00000000").data, 4, 10, &frame));
    assert_int_equal(frame.consumed, 4);
    assert_int_equal(frame.payload.len, 0);
    assert_true(kw_frame_next_token(given("00000002 6162 00").data, 7, 10, &frame));
    assert_int_equal(frame.consumed, 6);
    assert_bytes(frame.payload.data, (size_t)frame.payload.len, "6162");
    assert_false(kw_frame_next_token(given("0000000b").data, 4, 10, &frame));
    assert_status(frame.status, KW_ERR_FRAME_SIZE);
}

/* ---- requests ---- */

struct opened {
    kw_request request;
    kw_arena arena;
    uint64_t block[32];
    kw_status status;
};

static void open_request(struct opened *o, kw_bytes frame)
{
    memset(&o->request, 0xee, sizeof o->request);
    kw_arena_init(&o->arena, o->block, sizeof o->block);
    o->status = kw_request_decode_header(&o->request, frame, &o->arena);
}

#define assert_body(opened_as, want_hex) assert_bytes((opened_as).body.data, (size_t)(opened_as).body.len, want_hex)

/* Q2: ControlledShutdown version 0 has no client id. */
static void request_header_0(void **state)
{
    (void)state;
    struct opened o;
    open_request(&o, given("0007 0000 00000005 0000002a"));
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.kind, KW_FRAME_KNOWN);
    assert_int_equal(o.request.api_key, KW_KEY_CONTROLLED_SHUTDOWN);
    assert_int_equal(o.request.header_version, 0);
    assert_int_equal(o.request.correlation_id, 5);
    assert_text(o.request.client_id, NULL);
    assert_false(o.request.has_client_id);
    assert_null(o.request.unknown_tags);
    assert_body(o.request, "0000002a");
}

static void request_header_1(void **state)
{
    (void)state;
    struct opened o;
    open_request(&o, given("0003 0001 80000000 0003 636c69 ffffffff"));
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.kind, KW_FRAME_KNOWN);
    assert_int_equal(o.request.api_key, KW_KEY_METADATA);
    assert_int_equal(o.request.api_version, 1);
    assert_int_equal(o.request.header_version, 1);
    assert_int_equal(o.request.correlation_id, INT32_MIN);
    assert_text(o.request.client_id, "cli");
    assert_null(o.request.unknown_tags);
    assert_body(o.request, "ffffffff");

    open_request(&o, given("0003 0001 00000001 ffff ffffffff"));
    assert_status(o.status, KW_OK);
    assert_true(o.request.has_client_id);
    assert_text(o.request.client_id, NULL);
    open_request(&o, given("0003 0001 00000001 0000 ffffffff"));
    assert_text(o.request.client_id, "");
}

/* Q4: the client id keeps its INT16 length in the flexible header, and tags follow it. */
static void request_header_2(void **state)
{
    (void)state;
    struct opened o;
    open_request(&o, given("0012 0004 67890abc 0009 6b61666b612d636c69 00 0a6b61666b612d636c6904302e3100"));
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.kind, KW_FRAME_KNOWN);
    assert_int_equal(o.request.api_key, KW_KEY_API_VERSIONS);
    assert_int_equal(o.request.api_version, 4);
    assert_int_equal(o.request.header_version, 2);
    assert_int_equal(o.request.correlation_id, 0x67890abc);
    assert_text(o.request.client_id, "kafka-cli");
    assert_null(o.request.unknown_tags);
    assert_body(o.request, "0a6b61666b612d636c6904302e3100");
}

static void tags_of_the_header_are_kept(void **state)
{
    (void)state;
    struct opened o;
    open_request(&o, given("0003 000c 00000001 ffff 02 00 01 aa 8001 02 bbcc 01"));
    assert_status(o.status, KW_OK);
    assert_non_null(o.request.unknown_tags);
    const kw_raw_tags *tags = o.request.unknown_tags;
    assert_int_equal(tags->len, 2);
    assert_int_equal(tags->items[0].tag, 0);
    assert_bytes(tags->items[0].value.data, (size_t)tags->items[0].value.len, "aa");
    assert_int_equal(tags->items[1].tag, 128);
    assert_bytes(tags->items[1].value.data, (size_t)tags->items[1].value.len, "bbcc");
    assert_body(o.request, "01");

    kw_arena none;
    kw_arena_init(&none, NULL, 0);
    kw_bytes frame = given("0003 000c 00000001 ffff 01 00 01 aa 01");
    assert_status(kw_request_decode_header(&o.request, frame, &none), KW_ERR_NO_MEMORY);
}

static void a_request_header_cut_short_says_where(void **state)
{
    (void)state;
    kw_bytes whole = given("0003 000c 0000002a 0003 636c69 01 05 02 aabb");
    static const struct {
        size_t size; /* from this one on */
        kw_status status;
        size_t at;
    } wants[] = {
        {0, KW_ERR_TRUNCATED, 0}, {2, KW_ERR_TRUNCATED, 2}, {4, KW_ERR_TRUNCATED, 4},
        {8, KW_ERR_TRUNCATED, 8}, {10, KW_ERR_LENGTH, 8},   {13, KW_ERR_TRUNCATED, 13},
        {14, KW_ERR_COUNT, 13},   {16, KW_ERR_LENGTH, 15},  {18, KW_OK, 0},
    };
    size_t which = 0;
    for (size_t size = 0; size <= (size_t)whole.len; size++) {
        while (which + 1 < COUNT_OF(wants) && wants[which + 1].size <= size)
            which++;
        struct opened o;
        kw_bytes frame = given_prefix(whole, size);
        open_request(&o, frame);
        check_refused(o.status, o.request.error_at, frame, wants[which].status, wants[which].at, __FILE__, __LINE__);
        assert_int_equal(o.request.api_key, size < 2 ? -1 : 3); /* fields before the end were read */
        assert_int_equal(o.request.api_version, size < 4 ? -1 : 12);
        assert_int_equal(o.request.correlation_id, size < 8 ? 0 : 0x2a);
        assert_text(o.request.client_id, size < 13 ? NULL : "cli");
        assert_int_equal(o.request.body.len, 0);
    }
    struct opened o;
    kw_bytes null = {NULL, -1};
    open_request(&o, null);
    assert_status(o.status, KW_ERR_TRUNCATED);
}

static void an_unknown_api_is_a_kind_of_frame(void **state)
{
    (void)state;
    struct opened o;
    open_request(&o, given("270f 0005 0000002a 0003 636c69 0102"));
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.kind, KW_FRAME_UNKNOWN_API);
    assert_int_equal(o.request.api_key, UNKNOWN_KEY);
    assert_int_equal(o.request.api_version, 5);
    assert_int_equal(o.request.header_version, -1);
    assert_int_equal(o.request.correlation_id, 42);
    assert_text(o.request.client_id, "cli");
    assert_body(o.request, "0102");

    open_request(&o, given("ffff 0000 0000002a 0005 636c69")); /* the client id does not fit: opaque */
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.kind, KW_FRAME_UNKNOWN_API);
    assert_int_equal(o.request.api_key, -1);
    assert_text(o.request.client_id, NULL);
    assert_body(o.request, "0005636c69");

    open_request(&o, given("270f 0000 0000002a"));
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.body.len, 0);
}

/* Q5: a broker must answer an ApiVersions request of an unknown version, so its header has to be read. */
static void an_unknown_version_is_a_kind_of_frame(void **state)
{
    (void)state;
    struct opened o;
    open_request(&o, given("0012 7fff 0000002a 0003 636c69 00 04"));
    assert_status(o.status, KW_OK);
    assert_int_equal(o.request.kind, KW_FRAME_UNKNOWN_VERSION);
    assert_int_equal(o.request.api_key, KW_KEY_API_VERSIONS);
    assert_int_equal(o.request.api_version, INT16_MAX);
    assert_int_equal(o.request.correlation_id, 42);
    assert_text(o.request.client_id, "cli");
    assert_body(o.request, "0004");

    open_request(&o, given("0003 ffff 0000002a ffff 00"));
    assert_int_equal(o.request.kind, KW_FRAME_UNKNOWN_VERSION);
    assert_int_equal(o.request.api_version, -1);
    assert_text(o.request.client_id, NULL);
    assert_body(o.request, "00");
}

/* Q34: no response to acks 0; the position of acks depends on the version. */
static void produce_with_acks_0_is_not_answered(void **state)
{
    (void)state;
    static const struct {
        int first, last;
        const char *before_acks;
    } layouts[] = {
        {0, 2, ""}, {3, 8, "ffff"}, {3, 8, "0002 7478"}, {9, 13, "00"}, {9, 13, "03 7478"},
    };
    static const struct {
        const char *hex;
        bool answered;
    } acks[] = {{"0000", false}, {"0001", true}, {"ffff", true}};
    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        for (int version = layouts[i].first; version <= layouts[i].last; version++)
            for (size_t j = 0; j < COUNT_OF(acks); j++) {
                char text[64];
                (void)snprintf(text, sizeof text, "0000 %04x 00000001 ffff %s %s %s 00007530", (unsigned)version,
                               version >= 9 ? "00" : "", layouts[i].before_acks, acks[j].hex);
                struct opened o;
                open_request(&o, given(text));
                assert_status(o.status, KW_OK);
                bool answered = !acks[j].answered;
                assert_status(kw_request_is_answered(&o.request, &answered), KW_OK);
                assert_int_equal(answered, acks[j].answered);
            }
}

static void requests_without_visible_acks(void **state)
{
    (void)state;
    struct opened o;
    bool answered = false;
    open_request(&o, given("0000 0009 00000001 ffff 00 00 00"));
    assert_status(kw_request_is_answered(&o.request, &answered), KW_ERR_TRUNCATED);
    open_request(&o, given("0000 0003 00000001 ffff 0009 00"));
    assert_status(kw_request_is_answered(&o.request, &answered), KW_ERR_LENGTH);
    open_request(&o, given("0000 7000 00000001 ffff 00 00 0000")); /* an unknown version */
    assert_status(kw_request_is_answered(&o.request, &answered), KW_OK);
    assert_true(answered);
    answered = false;
    open_request(&o, given("0003 0000 00000001 ffff 00000000"));
    assert_status(kw_request_is_answered(&o.request, &answered), KW_OK);
    assert_true(answered);
}

/* ---- responses ---- */

static kw_status open_response(kw_response *out, int16_t key, int16_t version, const char *hex)
{
    static uint64_t block[32];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    memset(out, 0xee, sizeof *out);
    return kw_response_decode_header(out, key, version, given(hex), &arena);
}

static void response_headers(void **state)
{
    (void)state;
    kw_response r;
    assert_status(open_response(&r, KW_KEY_METADATA, 8, "0000002a 00 01"), KW_OK);
    assert_int_equal(r.kind, KW_FRAME_KNOWN);
    assert_int_equal(r.header_version, 0);
    assert_int_equal(r.correlation_id, 42);
    assert_int_equal(r.api_key, KW_KEY_METADATA);
    assert_int_equal(r.api_version, 8);
    assert_null(r.unknown_tags);
    assert_body(r, "0001");

    assert_status(open_response(&r, KW_KEY_METADATA, 9, "0000002a 01 07 00 01"), KW_OK);
    assert_int_equal(r.header_version, 1);
    assert_int_equal(r.unknown_tags->len, 1);
    assert_int_equal(r.unknown_tags->items[0].tag, 7);
    assert_int_equal(r.unknown_tags->items[0].value.len, 0);
    assert_body(r, "01");

    assert_status(open_response(&r, KW_KEY_METADATA, 9, "0000002a 01 07 03 01"), KW_ERR_LENGTH);
    assert_int_equal(r.error_at, 6);
    assert_int_equal(r.correlation_id, 42);
    assert_status(open_response(&r, KW_KEY_METADATA, 9, "0000002a"), KW_ERR_TRUNCATED);
    assert_int_equal(r.error_at, 4);
    assert_status(open_response(&r, UNKNOWN_KEY, 0, "00002a"), KW_ERR_TRUNCATED);
    assert_int_equal(r.error_at, 0);
}

static void unknown_responses_are_opaque(void **state)
{
    (void)state;
    kw_response r;
    assert_status(open_response(&r, UNKNOWN_KEY, 3, "0000002a 00 01"), KW_OK);
    assert_int_equal(r.kind, KW_FRAME_UNKNOWN_API);
    assert_int_equal(r.header_version, -1);
    assert_int_equal(r.correlation_id, 42);
    assert_body(r, "0001");
    assert_status(open_response(&r, KW_KEY_METADATA, 99, "0000002a"), KW_OK);
    assert_int_equal(r.kind, KW_FRAME_UNKNOWN_VERSION);
    assert_int_equal(r.api_version, 99);
    assert_int_equal(r.body.len, 0);
}

/* Q3: header version 0 even if the body is flexible. Q5: a broker answers an unsupported version in version 0. */
static void responses_of_api_versions(void **state)
{
    (void)state;
    static const struct {
        int16_t asked;
        const char *body;
        int16_t version;
        kw_frame_kind kind;
    } cases[] = {
        {0, "0000 00000000", 0, KW_FRAME_KNOWN},
        {2, "0000 00000000 00000000", 2, KW_FRAME_KNOWN},
        {3, "0000 01 00000000 00", 3, KW_FRAME_KNOWN},
        {4, "0023 00000001 0012 0000 0003", 0, KW_FRAME_KNOWN},
        {0, "0023 00000000", 0, KW_FRAME_KNOWN},
        {3, "003a 01 00000000 00", 3, KW_FRAME_KNOWN}, /* another error */
        {99, "0023 00000001 0012 0000 0004", 0, KW_FRAME_KNOWN},
        {99, "0000 01 00000000 00", -1, KW_FRAME_UNKNOWN_VERSION}, /* a broker newer than this library */
        {3, "00", 3, KW_FRAME_KNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(kw_api_versions_response_version(cases[i].asked, given(cases[i].body)), cases[i].version);
        char text[96];
        (void)snprintf(text, sizeof text, "0000002a %s", cases[i].body);
        kw_response r;
        assert_status(open_response(&r, KW_KEY_API_VERSIONS, cases[i].asked, text), KW_OK);
        assert_int_equal(r.kind, cases[i].kind);
        assert_int_equal(r.header_version, 0);
        assert_int_equal(r.correlation_id, 42);
        assert_int_equal(r.api_version, cases[i].version < 0 ? cases[i].asked : cases[i].version);
        assert_body(r, cases[i].body);
    }
    kw_bytes null = {NULL, -1};
    assert_int_equal(kw_api_versions_response_version(3, null), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_come_out_of_any_chunking),
        TEST(an_incomplete_frame_reports_the_size_needed),
        TEST(a_size_out_of_bounds_is_no_frame),
        TEST(other_protocols_are_named),
        TEST(a_size_below_the_limit_is_accepted),
        TEST(raw_tokens_have_any_size),
        TEST(request_header_0),
        TEST(request_header_1),
        TEST(request_header_2),
        TEST(tags_of_the_header_are_kept),
        TEST(a_request_header_cut_short_says_where),
        TEST(an_unknown_api_is_a_kind_of_frame),
        TEST(an_unknown_version_is_a_kind_of_frame),
        TEST(produce_with_acks_0_is_not_answered),
        TEST(requests_without_visible_acks),
        TEST(response_headers),
        TEST(unknown_responses_are_opaque),
        TEST(responses_of_api_versions),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
