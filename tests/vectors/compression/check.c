/* SPDX-License-Identifier: Apache-2.0 */
/* Compression against Kafka's own.
 *
 *     check FILE          decompresses what Kafka compressed: lines `codec magic kind size hex`, see README.md
 *     check contents      prints the contents, each with the codecs and magics to compress it for, for the oracle
 *     check compressed    prints the same contents as compressed by this library */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/compression.h>

enum { LARGEST = 1 << 20, LONGEST_LINE = 1 << 16, LAST_CODEC = KW_CODEC_ZSTD };

typedef struct content {
    const char *kind;
    size_t size;
} content;

static const content contents[] = {
    {"steps", 0},     {"zeros", 1},     {"noise", 300},   {"words", 2000},
    {"steps", 32767}, {"steps", 32769}, {"zeros", 65536}, {"steps", 100000},
};

static void die(const char *what)
{
    fprintf(stderr, "check: %s\n", what);
    exit(1);
}

/* The same bytes on every machine. */
static void fill(uint8_t *p, const char *kind, size_t size)
{
    static const char *const words[] = {"topic ", "partition ", "offset ", "leader ", "epoch ", "replica "};
    uint32_t x = 88172645;
    for (size_t i = 0; i < size;) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        if (strcmp(kind, "words") == 0) {
            for (const char *c = words[x % 6]; *c != '\0' && i < size; c++)
                p[i++] = (uint8_t)*c;
            continue;
        }
        p[i] = strcmp(kind, "noise") == 0 ? (uint8_t)(x >> 9) : strcmp(kind, "steps") == 0 ? (uint8_t)(i % 251) : 0;
        i++;
    }
}

/* ---- golden lines ---- */

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int32_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t size = strspn(hex, "0123456789abcdef") / 2;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return (int32_t)size;
}

static kw_codec codec_named(const char *name)
{
    for (int codec = 0; codec <= LAST_CODEC; codec++)
        if (strcmp(name, kw_codec_name((kw_codec)codec)) == 0)
            return (kw_codec)codec;
    die("a codec that is not known");
    return KW_CODEC_NONE;
}

/* Into a buffer of exactly the size, and into a growing one. */
static bool is_read(kw_decompressor *d, kw_codec codec, uint8_t magic, kw_bytes in, const uint8_t *want, size_t size)
{
    uint8_t *exact = malloc(size + 1);
    kw_writer fixed;
    kw_writer growing;
    kw_writer_init(&fixed, exact, size);
    kw_writer_init_growing(&growing, kw_allocator_libc(), LARGEST);
    bool good = kw_decompress(d, codec, magic, in, &fixed) == KW_OK && kw_decompressor_details(d)->warnings == 0 &&
                kw_decompress(d, codec, magic, in, &growing) == KW_OK && kw_writer_data(&fixed).size == size &&
                memcmp(exact, want, size) == 0 && kw_writer_data(&growing).size == size &&
                (size == 0 || memcmp(kw_writer_data(&growing).data, want, size) == 0);
    kw_writer_finish(&growing);
    free(exact);
    return good;
}

static int check(const char *path)
{
    static char line[LONGEST_LINE];
    static uint8_t compressed[LONGEST_LINE / 2];
    static uint8_t want[LARGEST];
    FILE *file = fopen(path, "r");
    kw_decompressor *d = kw_decompressor_create(kw_allocator_libc());
    if (file == NULL || d == NULL)
        die("cannot open the file");
    int lines = 0;
    int wrong = 0;
    int skipped = 0;
    for (; fgets(line, sizeof line, file) != NULL; lines++) {
        char name[8];
        char kind[8];
        unsigned magic;
        unsigned long size;
        int hex = 0;
        if (sscanf(line, "%7s %u %7s %lu %n", name, &magic, kind, &size, &hex) != 4 || hex == 0 || size > LARGEST)
            die("a line that is not `codec magic kind size hex`");
        kw_bytes in = {compressed, from_hex(line + hex, compressed)};
        kw_codec codec = codec_named(name);
        fill(want, kind, size);
        if (!kw_codec_available(codec)) {
            skipped++;
        } else if (!is_read(d, codec, (uint8_t)magic, in, want, size)) {
            fprintf(stderr, "%s:%d: %s of %lu bytes in %s, magic %u\n", path, lines + 1, kind, size, name, magic);
            wrong++;
        }
    }
    fclose(file);
    kw_decompressor_destroy(d);
    printf("%d lines, %d wrong, %d of codecs that are not built in\n", lines, wrong, skipped);
    return wrong == 0 && lines > 0 ? 0 : 1;
}

/* ---- questions to the oracle ---- */

static void print(kw_codec codec, int magic, const content *c, kw_span bytes)
{
    const uint8_t *p = bytes.data;
    printf("{\"codec\":\"%s\",\"magic\":%d,", kw_codec_name(codec), magic);
    printf("\"kind\":\"%s\",\"size\":%zu,\"hex\":\"", c->kind, c->size);
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", p[i]);
    printf("\"}\n");
}

static void ask(kw_compressor *compressor, const content *c, kw_codec codec, int magic, bool compressed)
{
    static uint8_t bytes[LARGEST];
    fill(bytes, c->kind, c->size);
    kw_bytes in = kw_bytes_of(bytes, c->size);
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), LARGEST);
    kw_codec how = compressed ? codec : KW_CODEC_NONE;
    if (kw_compress(compressor, how, KW_LEVEL_DEFAULT, (uint8_t)magic, in, &out) != KW_OK)
        die("cannot compress");
    print(codec, magic, c, kw_writer_data(&out));
    kw_writer_finish(&out);
}

static int ask_all(bool compressed)
{
    kw_compressor *compressor = kw_compressor_create(kw_allocator_libc());
    if (compressor == NULL)
        die("out of memory");
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
        for (int codec = KW_CODEC_GZIP; codec <= LAST_CODEC; codec++)
            for (int magic = codec == KW_CODEC_LZ4 ? KW_MAGIC_V0 : KW_MAGIC_V2; magic <= KW_MAGIC_V2; magic++)
                ask(compressor, &contents[i], (kw_codec)codec, magic, compressed);
    kw_compressor_destroy(compressor);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        die("usage: check FILE | contents | compressed");
    bool compressed = strcmp(argv[1], "compressed") == 0;
    return compressed || strcmp(argv[1], "contents") == 0 ? ask_all(compressed) : check(argv[1]);
}
