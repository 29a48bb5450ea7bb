/* SPDX-License-Identifier: Apache-2.0 */
#include "compression_tools.h"

/* "hello hello hello hello kafka " twice, as other writers compress it. */
static const char hello_text[] = "hello hello hello hello kafka hello hello hello hello kafka ";
#define LZ4_LINKED "0f0000006568656c6c6f200600506c6f206865140000806c6c6f206b61666b612068656c6c6f2068656c6c"
#define LZ4_LAST "10000000646f2068656c6c0600606b61666b6120"
#define LZ4_SUM_2                                    \
    "0f0000006568656c6c6f200600506c6f206865967b5e7c" \
    "140000806c6c6f206b61666b612068656c6c6f2068656c6cd2819df3"
#define ZSTD_BLOCK "e500008868656c6c6f206b61666b616b61666b6120030060003b131daf1401"

/* "hello hello hello hello kafka " three times, as Kafka compresses it. */
static const char kafka_text[] =
    "hello hello hello hello kafka hello hello hello hello kafka hello hello hello hello kafka ";
#define KAFKA_GZIP "1f8b08000000000000ffcb48cdc9c957c8c020b313d3b213b188132f0b00a7b6a16a5a000000"
#define SNAPPY_MAGIC "82534e4150505900"
#define SNAPPY_RAW "5a1468656c6c6f20460600106b61666b614a1800092a8e1e00"
#define KAFKA_SNAPPY SNAPPY_MAGIC "0000000100000001 00000019" SNAPPY_RAW
#define LZ4_BLOCKS "1f0000006e68656c6c6f2006005f6b61666b61180000022a000f1e000c5061666b612000000000"
#define KAFKA_LZ4_V0 "04224d1860401a" LZ4_BLOCKS
#define KAFKA_LZ4 "04224d18604082" LZ4_BLOCKS
#define KAFKA_ZSTD "28b52ffd0058c400005868656c6c6f206b61666b61040083220030b033d1f14a11010000"

static void read_as(kw_codec codec, uint8_t magic, const char *hex, const char *want, uint32_t warnings)
{
    if (!kw_codec_available(codec))
        return;
    tools *t = set_up();
    assert_status(kw_decompress(t->decompressor, codec, magic, given(hex), &t->content), KW_OK);
    kw_span got = kw_writer_data(&t->content);
    assert_int_equal(got.size, strlen(want));
    assert_memory_equal(got.data, want, got.size);
    assert_int_equal(kw_decompressor_details(t->decompressor)->size, got.size);
    assert_true(kw_decompressor_details(t->decompressor)->exact);
    assert_int_equal(kw_decompressor_details(t->decompressor)->warnings, warnings);
    assert_null(kw_decompressor_details(t->decompressor)->detail);
    tear_down(t);
}

static void refused_as(kw_codec codec, uint8_t magic, const char *hex, size_t at, const char *detail)
{
    if (!kw_codec_available(codec))
        return;
    tools *t = set_up();
    kw_write_raw(&t->content, "before", 6);
    assert_status(kw_decompress(t->decompressor, codec, magic, given(hex), &t->content), KW_ERR_COMPRESSED_DATA);
    assert_int_equal(kw_decompressor_details(t->decompressor)->error_at, at);
    assert_string_equal(kw_decompressor_details(t->decompressor)->detail, detail);
    assert_true(kw_writer_ok(&t->content));
    assert_int_equal(kw_writer_needed(&t->content), 6);
    tear_down(t);
}

static void kafka_writes(void **state)
{
    (void)state;
    read_as(KW_CODEC_GZIP, 2, KAFKA_GZIP, kafka_text, 0);
    read_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY, kafka_text, 0);
    read_as(KW_CODEC_LZ4, 0, KAFKA_LZ4_V0, kafka_text, 0);
    read_as(KW_CODEC_LZ4, 1, KAFKA_LZ4, kafka_text, 0);
    read_as(KW_CODEC_ZSTD, 2, KAFKA_ZSTD, kafka_text, 0);
    read_as(KW_CODEC_NONE, 2, "6b61666b61", "kafka", 0);
}

static void gzip_members(void **state)
{
    (void)state;
    char twice[2 * sizeof kafka_text];
    snprintf(twice, sizeof twice, "%s%s", kafka_text, kafka_text);
    read_as(KW_CODEC_GZIP, 2, KAFKA_GZIP KAFKA_GZIP, twice, 0);
    read_as(KW_CODEC_GZIP, 2, KAFKA_GZIP "0000000000", kafka_text, KW_DECOMPRESS_TRAILING);
    read_as(KW_CODEC_GZIP, 2, KAFKA_GZIP "00000000000000000000000000000000000000", kafka_text, KW_DECOMPRESS_TRAILING);
    read_as(KW_CODEC_GZIP, 2, KAFKA_GZIP "1f8b08", kafka_text, KW_DECOMPRESS_TRAILING);
    refused_as(KW_CODEC_GZIP, 2, KAFKA_GZIP "1f8b08000000000000ffcb48cdc9c957c8c020b3", 58,
               "gzip: the data ends inside a member");
    refused_as(KW_CODEC_GZIP, 2, "", 0, "gzip: the data ends inside a member");
    refused_as(KW_CODEC_GZIP, 2, "78da0300", 2, "gzip: not the header of a member");
    refused_as(KW_CODEC_GZIP, 2, "1f8b08000000000000ff03000000000001000000", 20,
               "gzip: damaged data, or a checksum or size that does not match");
}

static void snappy_raw_and_in_chunks(void **state)
{
    (void)state;
    char twice[2 * sizeof kafka_text];
    snprintf(twice, sizeof twice, "%s%s", kafka_text, kafka_text);
    read_as(KW_CODEC_SNAPPY, 2, SNAPPY_RAW, kafka_text, 0);
    read_as(KW_CODEC_SNAPPY, 2, "00", "", 0);
    read_as(KW_CODEC_SNAPPY, 2, SNAPPY_MAGIC "0000000100000001", "", 0);
    read_as(KW_CODEC_SNAPPY, 2, SNAPPY_MAGIC "0100000001000000 00000019" SNAPPY_RAW, kafka_text, 0);
    read_as(KW_CODEC_SNAPPY, 2, SNAPPY_MAGIC "ffffffffffffffff 00000019" SNAPPY_RAW, kafka_text, 0);
    read_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY "00000019" SNAPPY_RAW, twice, 0);
    read_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY KAFKA_SNAPPY, twice, 0);
    read_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY "000000", kafka_text, KW_DECOMPRESS_TRAILING);
}

static void snappy_lies(void **state)
{
    (void)state;
    static const char size[] = "snappy: not a size that this much data can have";
    refused_as(KW_CODEC_SNAPPY, 2, "", 0, size);
    refused_as(KW_CODEC_SNAPPY, 2, "ffffffff0f0041", 0, size);
    refused_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY "00000000", 45, size);
    refused_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY "7fffffff00", 45, "snappy: a chunk that is longer than the data left");
    refused_as(KW_CODEC_SNAPPY, 2, KAFKA_SNAPPY "ffffffff00", 45, "snappy: a chunk that is longer than the data left");
    refused_as(KW_CODEC_SNAPPY, 2, SNAPPY_MAGIC "00000001", 0, "snappy: the data ends inside a stream's header");
    refused_as(KW_CODEC_SNAPPY, 2, "0a0000", 0, "snappy: damaged data");
}

static void lz4_header_checksums(void **state)
{
    (void)state;
    read_as(KW_CODEC_LZ4, 0, KAFKA_LZ4, kafka_text, 0);
    read_as(KW_CODEC_LZ4, 0, "04224d186040ee" LZ4_BLOCKS, kafka_text, KW_DECOMPRESS_HEADER_CHECKSUM);
    refused_as(KW_CODEC_LZ4, 1, KAFKA_LZ4_V0, 6, "lz4: the header's checksum does not match");
    refused_as(KW_CODEC_LZ4, 2, KAFKA_LZ4_V0, 6, "lz4: the header's checksum does not match");
}

static void lz4_frames_of_others(void **state)
{
    (void)state;
    read_as(KW_CODEC_LZ4, 2, "04224d1844405e" LZ4_LINKED LZ4_LAST "00000000a045a45e", hello_text, 0);
    read_as(KW_CODEC_LZ4, 2, "04224d1844405e" LZ4_LINKED LZ4_LAST "00000000a045a45f", hello_text,
            KW_DECOMPRESS_CONTENT_CHECKSUM);
    read_as(KW_CODEC_LZ4, 2, "04224d185040c0" LZ4_SUM_2 LZ4_LAST "a3bf8a1600000000", hello_text, 0);
    read_as(KW_CODEC_LZ4, 2, "04224d1848403c00000000000000b1" LZ4_LINKED LZ4_LAST "00000000", hello_text, 0);
    read_as(KW_CODEC_LZ4, 0, "04224d1848403d00000000000000b1" LZ4_LINKED LZ4_LAST "00000000", hello_text,
            KW_DECOMPRESS_CONTENT_SIZE | KW_DECOMPRESS_HEADER_CHECKSUM);
    read_as(KW_CODEC_LZ4, 2, "04224d185c403c0000000000000088" LZ4_SUM_2 LZ4_LAST "a3bf8a1600000000a045a45e", hello_text,
            0);
    read_as(KW_CODEC_LZ4, 2, KAFKA_LZ4 KAFKA_LZ4, kafka_text, KW_DECOMPRESS_TRAILING);
    read_as(KW_CODEC_LZ4, 2, "04224d18604082050000806b61666b6100000080", "kafka", 0);
    refused_as(KW_CODEC_LZ4, 2, "04224d185040c0" LZ4_SUM_2 LZ4_LAST "a3bf8a1700000000", 78,
               "lz4: a block's checksum does not match");
}

static void lz4_lies(void **state)
{
    (void)state;
    static const char cut[] = "lz4: the data ends inside the frame";
    refused_as(KW_CODEC_LZ4, 2, "", 0, cut);
    refused_as(KW_CODEC_LZ4, 2, "04224d186040", 0, cut);
    refused_as(KW_CODEC_LZ4, 2, "04224d1848403c00000000000000", 0, cut);
    refused_as(KW_CODEC_LZ4, 2, "04224d18604082", 7, cut);
    refused_as(KW_CODEC_LZ4, 2, "04224d186040821f0000006e", 11, cut);
    refused_as(KW_CODEC_LZ4, 2, "04224d1844405e00000000", 11, cut);
    refused_as(KW_CODEC_LZ4, 2, "05224d18604082" LZ4_BLOCKS, 0, "lz4: not the magic number of a frame");
    refused_as(KW_CODEC_LZ4, 0, "04224d182040ff" LZ4_BLOCKS, 4, "lz4: not version 1 of the frame format");
    refused_as(KW_CODEC_LZ4, 0, "04224d186140ff" LZ4_BLOCKS, 4, "lz4: the frame needs a dictionary");
    refused_as(KW_CODEC_LZ4, 0, "04224d186240ff" LZ4_BLOCKS, 4, "lz4: a reserved bit is set");
    refused_as(KW_CODEC_LZ4, 0, "04224d186030ff" LZ4_BLOCKS, 5, "lz4: not a block size");
    refused_as(KW_CODEC_LZ4, 0, "04224d1860c0ff" LZ4_BLOCKS, 5, "lz4: not a block size");
    refused_as(KW_CODEC_LZ4, 0, "04224d186041ff" LZ4_BLOCKS, 5, "lz4: not a block size");
    refused_as(KW_CODEC_LZ4, 2, "04224d1860408201000100", 7, "lz4: a block that is larger than the frame allows");
    refused_as(KW_CODEC_LZ4, 2, "04224d186040820400000000010000 00000000", 11, "lz4: a damaged block");
}

static void zstd_frames(void **state)
{
    (void)state;
    char twice[2 * sizeof kafka_text];
    snprintf(twice, sizeof twice, "%s%s", kafka_text, kafka_text);
    read_as(KW_CODEC_ZSTD, 2, "", "", 0);
    read_as(KW_CODEC_ZSTD, 2, "28b52ffd2000010000", "", 0);
    read_as(KW_CODEC_ZSTD, 2, KAFKA_ZSTD KAFKA_ZSTD, twice, 0);
    read_as(KW_CODEC_ZSTD, 2, "502a4d180400000061626364" KAFKA_ZSTD "5f2a4d1800000000", kafka_text, 0);
    read_as(KW_CODEC_ZSTD, 2, "28b52ffd0400" ZSTD_BLOCK "6aef34ba", hello_text, 0);
    read_as(KW_CODEC_ZSTD, 2, "28b52ffd243c" ZSTD_BLOCK "6aef34ba", hello_text, 0);
    read_as(KW_CODEC_ZSTD, 2, "28b52ffd0088 290000 6b61666b61", "kafka", 0);
    read_as(KW_CODEC_ZSTD, 2, "28b52ffd0088 2b0000 6b", "kkkkk", 0);
}

static void zstd_lies(void **state)
{
    (void)state;
    static const char cut[] = "zstd: the data ends inside a frame";
    refused_as(KW_CODEC_ZSTD, 2, "28b52f", 0, cut);
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd", 0, cut);
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd00", 0, cut);
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd0088", 0, cut);
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd0088 290000 6b61", 0, cut);
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd0400" ZSTD_BLOCK "6aef34", 0, cut);
    refused_as(KW_CODEC_ZSTD, 2, KAFKA_ZSTD "502a4d180400000061", 36, cut);
    refused_as(KW_CODEC_ZSTD, 2, KAFKA_ZSTD "00", 36, cut);
    refused_as(KW_CODEC_ZSTD, 2, KAFKA_ZSTD "00000000", 36, "zstd: not the magic number of a frame");
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd0858010000", 4, "zstd: a reserved bit is set");
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd0089010000", 5, "zstd: a window above 128 MiB");
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd00f8010000", 5, "zstd: a window above 128 MiB");
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd015807010000", 6, "zstd: the frame needs a dictionary");
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffd0058070000", 6, "zstd: not the header of a block");
    refused_as(KW_CODEC_ZSTD, 2, "28b52ffde0ffffffffffffff7f010000", 0,
               "zstd: a content size that the blocks do not have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kafka_writes), TEST(gzip_members),         TEST(snappy_raw_and_in_chunks),
        TEST(snappy_lies),  TEST(lz4_header_checksums), TEST(lz4_frames_of_others),
        TEST(lz4_lies),     TEST(zstd_frames),          TEST(zstd_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
