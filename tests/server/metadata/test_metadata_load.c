/* SPDX-License-Identifier: Apache-2.0 */
/* The first image of a broker: the leaders once a node has come up, and topics that only their folders show. */
#include "../../unit/disk_support.h"

#include <stdlib.h>
#include <unistd.h>

#include "../support/captured.h"
#include "metadata/load.h"

static struct captured captured;

static kw_uuid id_of(uint8_t last)
{
    kw_uuid id = {{0}};
    id.bytes[15] = last;
    return id;
}

/* ---- coming up ---- */

enum { SELF = 7, IDS = 8 };

static int32_t only_self[] = {SELF, SELF};
static int32_t others[IDS] = {1, 2, 3, 4, SELF}; /* the last ones are beyond what tests use */

static struct metadata_topic *topic_of(const char *name, const struct metadata_partition *partitions, int32_t count)
{
    const struct metadata_topic topic = {.name = kw_string_of(name),
                                         .id = id_of((uint8_t)name[0]),
                                         .is_internal = name[0] == '_',
                                         .partitions = partitions,
                                         .partition_count = count};
    return metadata_topic_create(&topic);
}

static struct metadata_image *image_of(struct metadata_topic **topics, size_t count)
{
    const struct metadata_parts parts = {.topics = topics, .topic_count = count};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static void assert_ids(kw_int32_array ids, const int32_t *expected, int32_t count)
{
    assert_int_equal(ids.len, count);
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(ids.items[i], expected[i]);
}

/* One partition, once the node has come up; it lasts until the next one. */
static const struct metadata_partition *up(struct metadata_partition partition)
{
    static struct metadata_image *image;
    struct metadata_topic *topics[] = {topic_of("t", &partition, 1)};
    struct metadata_image *from = image_of(topics, 1);
    metadata_image_release(image);
    image = metadata_come_up(from, SELF);
    metadata_image_release(from);
    assert_non_null(image);
    return metadata_topic_at(image, 0)->partitions;
}

static const struct metadata_partition of_others = {.index = 3,
                                                    .leader_id = 1,
                                                    .leader_epoch = 5,
                                                    .partition_epoch = 6,
                                                    .leader_recovery_state = 1,
                                                    .replicas = {others, 4},
                                                    .isr = {others, 4},
                                                    .elr = {others, 4},
                                                    .last_known_elr = {others, 4}};

static void partitions_of_others_have_no_leader(void **state)
{
    (void)state;
    const struct metadata_partition *p = up(of_others);
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->index, 3);
    assert_int_equal(p->leader_epoch, 5);
    assert_int_equal(p->partition_epoch, 6);
    assert_int_equal(p->leader_recovery_state, 1);
    assert_ids(p->replicas, others, 4);
    assert_ids(p->offline, others, 4);
    assert_ids(p->isr, others, 4);
    assert_ids(p->elr, others, 4);
    assert_ids(p->last_known_elr, others, 4);
    p = up((struct metadata_partition){.leader_id = -1, .replicas = {others + 3, 1}});
    assert_int_equal(p->leader_id, -1);
    p = up((struct metadata_partition){.leader_id = -1, .replicas = {only_self, 2}}); /* not alone */
    assert_int_equal(p->leader_id, -1);
    p = up((struct metadata_partition){.leader_id = -1});
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->offline.len, 0);
}

/* Whatever makes it the leader, it is in sync then, and the only one. */
static void assert_leads(struct metadata_partition partition)
{
    const struct metadata_partition *p = up(partition);
    assert_int_equal(p->leader_id, SELF);
    assert_ids(p->isr, only_self, 1);
    assert_int_equal(p->elr.len, 0);
    assert_int_equal(p->last_known_elr.len, 0);
}

static void a_node_leads_what_it_may_lead(void **state)
{
    (void)state;
    struct metadata_partition p = of_others;
    p.leader_id = SELF;
    assert_leads(p);
    p = of_others;
    p.elr = (kw_int32_array){others + 1, 4}; /* the last one */
    assert_leads(p);
    p = of_others;
    p.last_known_elr = (kw_int32_array){others + 4, 1}; /* the first one */
    assert_leads(p);
    p = of_others;
    p.isr.len = p.elr.len = p.last_known_elr.len = 0;
    p.replicas = (kw_int32_array){only_self, 1};
    assert_leads(p);
    p = of_others;
    p.isr = (kw_int32_array){others, 5}; /* in sync with others, which are still as they were */
    const struct metadata_partition *led = up(p);
    assert_int_equal(led->leader_id, SELF);
    assert_ids(led->isr, others, 5);
    assert_ids(led->elr, others, 4);
    assert_ids(led->last_known_elr, others, 4);
    p.replicas = p.isr;
    assert_ids(up(p)->offline, others, 4);
}

/* Memory of one partition is not that of another one. */
static void every_partition_has_its_own_lists(void **state)
{
    (void)state;
    struct metadata_partition partitions[IDS];
    for (int32_t i = 0; i < IDS; i++) {
        partitions[i] = of_others;
        partitions[i].index = i;
        partitions[i].replicas.len = i;
        partitions[i].leader_id = SELF;
        partitions[i].replicas.items = others + IDS - i;
    }
    for (int32_t i = 4; i < IDS; i++)
        others[i] = 10 + i;
    struct metadata_topic *topics[] = {topic_of("__internal", partitions, IDS), topic_of("z", NULL, 0)};
    struct metadata_image *from = image_of(topics, 2), *image = metadata_come_up(from, SELF);
    assert_non_null(image);
    const struct metadata_topic *t = metadata_topic_at(image, 0);
    assert_true(kw_uuid_equal(t->id, id_of('_')));
    assert_true(t->is_internal);
    assert_int_equal(t->partition_count, IDS);
    for (int32_t i = 0; i < IDS; i++) {
        assert_int_equal(t->partitions[i].index, i);
        assert_ids(t->partitions[i].offline, others + IDS - i, i);
        assert_ids(t->partitions[i].isr, only_self, 1);
    }
    assert_text(metadata_topic_at(image, 1)->name, "z");
    assert_false(metadata_topic_at(image, 1)->is_internal);
    metadata_image_release(image);
    metadata_image_release(from);
    others[4] = SELF;
}

static void the_rest_stays(void **state)
{
    (void)state;
    const struct metadata_resource resource = {.type = RESOURCE_TOPIC, .name = kw_string_of("t")};
    struct metadata_resource *resources[] = {metadata_resource_create(&resource), metadata_resource_create(&resource)};
    const struct metadata_broker broker = {.id = 4};
    const struct metadata_parts parts = {
        .resources = resources, .resource_count = 2, .brokers = &broker, .broker_count = 1, .offset = 9, .epoch = 3};
    struct metadata_image *from = metadata_image_create(&parts), *image = metadata_come_up(from, SELF);
    assert_non_null(image);
    assert_int_equal(metadata_topic_count(image), 0);
    metadata_image_release(from);
    assert_int_equal(image->parts.resource_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(image->parts.resources[i]->references, 1);
    assert_int_equal(image->parts.brokers[0].id, 4);
    assert_int_equal(image->parts.offset, 9);
    assert_int_equal(image->parts.epoch, 3);
    metadata_image_release(image);
}

static void topics_with_odd_names_are_left_out(void **state)
{
    (void)state;
    struct metadata_topic *topics[] = {topic_of("a", NULL, 0), topic_of("b/c", NULL, 0), topic_of("d", NULL, 0)};
    struct metadata_image *from = image_of(topics, 3);
    capture_start(&captured);
    struct metadata_image *image = metadata_come_up(from, SELF);
    const char *said = capture_end(&captured);
    assert_non_null(image);
    assert_int_equal(metadata_topic_count(image), 2);
    assert_text(metadata_topic_at(image, 0)->name, "a");
    assert_text(metadata_topic_at(image, 1)->name, "d");
    assert_non_null(strstr(said, "topic b/c is left out: not a valid name\n"));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    metadata_image_release(image);
    metadata_image_release(from);
}

/* ---- whose it is ---- */

static int32_t owner(const struct metadata_parts *parts)
{
    struct metadata_image *image = metadata_image_create(parts);
    int32_t id = metadata_owner(image);
    metadata_image_release(image);
    return id;
}

static void the_owner_is_the_one_node_that_shows(void **state)
{
    (void)state;
    const struct metadata_broker brokers[] = {{.id = 4}, {.id = 5}};
    const struct metadata_partition partitions[] = {{.index = 0}, {.index = 1, .replicas = {others, 4}}};
    struct metadata_topic *topics[] = {topic_of("a", NULL, 0), topic_of("b", partitions, 2), topic_of("c", NULL, 0)};
    struct metadata_parts parts = {.epoch = -1};
    assert_int_equal(owner(&parts), -1);
    parts.brokers = brokers;
    parts.broker_count = 1;
    assert_int_equal(owner(&parts), 4);
    parts.broker_count = 2;
    parts.topics = topics;
    parts.topic_count = 3;
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        (void)metadata_topic_share(topics[i]);
    assert_int_equal(owner(&parts), -1);
    parts.broker_count = 0;
    assert_int_equal(owner(&parts), 1);
}

/* ---- folders ---- */

static char root[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/kwire-load-XXXXXX");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[96];
    (void)snprintf(command, sizeof command, "rm -r %s", root);
    return system(command) == 0 ? forget_given(state) : -1;
}

static void put(const char *name, const char *text)
{
    write_file(join(root, name).text, text, strlen(text));
}

static void make_partition(const char *name, const char *id, const char *epochs)
{
    char file[128], text[64];
    make_folder(join(root, name).text);
    if (id != NULL) {
        (void)snprintf(file, sizeof file, "%s/partition.metadata", name);
        (void)snprintf(text, sizeof text, "version: 0\ntopic_id: %s", id);
        put(file, text);
    }
    if (epochs != NULL) {
        (void)snprintf(file, sizeof file, "%s/leader-epoch-checkpoint", name);
        put(file, epochs);
    }
}

#define ID_A "AAAAAAAAAAAAAAAAAAAAYQ"
#define ID_B "AAAAAAAAAAAAAAAAAAAAYg"

static struct log_manager logs;

static struct metadata_image *of_folders(void)
{
    const struct metadata_resource resource = {.type = RESOURCE_TOPIC, .name = kw_string_of("t")};
    struct metadata_resource *resources[] = {metadata_resource_create(&resource)};
    const struct metadata_parts parts = {.resources = resources, .resource_count = 1, .epoch = -1};
    struct metadata_image *base = metadata_image_create(&parts);
    assert_status(log_manager_open(&logs, root, NULL), KW_OK);
    capture_start(&captured);
    struct metadata_image *image = metadata_of_folders(base, &logs, SELF);
    (void)capture_end(&captured);
    assert_non_null(image);
    metadata_image_release(base);
    assert_int_equal(image->parts.resource_count, 1);
    assert_int_equal(image->parts.resources[0]->references, 1);
    return image;
}

static void finish(struct metadata_image *image)
{
    metadata_image_release(image);
    log_manager_close(&logs);
}

static void topics_are_known_by_their_folders(void **state)
{
    (void)state;
    make_partition("b-0", NULL, NULL);
    make_partition("b-4", ID_B, "0\n2\n3 0\n5 10\n");
    make_partition("a-2", ID_A, "0\n3\n1 0\n2 10\nx");
    make_partition("c-0", NULL, "x");
    make_partition("c-1", NULL, NULL);
    make_folder(join(root, "c-1/leader-epoch-checkpoint").text);
    make_partition("__consumer_offsets-0", NULL, "0\n1\n7 0\n");
    struct metadata_image *image = of_folders();
    assert_string_equal(captured.text, "");
    assert_int_equal(metadata_topic_count(image), 4);
    const struct metadata_topic *t = metadata_topic_at(image, 0);
    assert_text(t->name, "__consumer_offsets");
    assert_true(t->is_internal);
    assert_int_equal(t->partitions[0].leader_epoch, 7);
    t = metadata_topic_at(image, 1);
    assert_text(t->name, "a");
    assert_false(t->is_internal);
    assert_int_equal(t->partition_count, 1);
    assert_int_equal(t->partitions[0].index, 2);
    assert_int_equal(t->partitions[0].leader_epoch, 2); /* of the lines before the damage */
    assert_true(kw_uuid_equal(t->id, id_of('a')));
    t = metadata_topic_at(image, 2);
    assert_true(kw_uuid_equal(t->id, id_of('b')));
    assert_int_equal(t->partition_count, 2);
    assert_int_equal(t->partitions[0].index, 0);
    assert_int_equal(t->partitions[0].leader_epoch, 0);
    assert_int_equal(t->partitions[1].index, 4);
    assert_int_equal(t->partitions[1].leader_epoch, 5);
    for (int32_t i = 0; i < 2; i++) {
        assert_int_equal(t->partitions[i].leader_id, SELF);
        assert_ids(t->partitions[i].replicas, only_self, 1);
        assert_ids(t->partitions[i].isr, only_self, 1);
        assert_int_equal(t->partitions[i].elr.len, 0);
    }
    t = metadata_topic_at(image, 3);
    assert_true(kw_uuid_is_zero(t->id));
    assert_int_equal(t->partitions[0].leader_epoch, 0);
    assert_int_equal(t->partitions[1].leader_epoch, 0);
    finish(image);
}

static void copies_of_a_topic_are_left_out(void **state)
{
    (void)state;
    make_partition("copy-0", ID_A, NULL);
    make_partition("copy-of-copy-0", ID_A, NULL);
    make_partition("a-0", ID_A, NULL);
    make_partition("a-1", ID_B, NULL); /* the first one counts */
    make_partition("b-0", ID_B, NULL);
    make_partition("without-id-0", NULL, NULL);
    make_partition("without-another-id-0", NULL, NULL);
    struct metadata_image *image = of_folders();
    char said[512];
    assert_int_equal(metadata_topic_count(image), 4);
    assert_int_equal(metadata_topic_by_name(image, kw_string_of("a"))->partition_count, 2);
    assert_non_null(metadata_topic_by_name(image, kw_string_of("b")));
    assert_non_null(metadata_topic_by_name(image, kw_string_of("without-id")));
    assert_non_null(metadata_topic_by_name(image, kw_string_of("without-another-id")));
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(said, sizeof said, " %s: topic copy%s is left out: topic a has the same id\n", root,
                       i == 0 ? "" : "-of-copy");
        assert_non_null(strstr(captured.text, said));
    }
    finish(image);
}

static void an_empty_directory_has_no_topics(void **state)
{
    (void)state;
    struct metadata_image *image = of_folders();
    assert_int_equal(metadata_topic_count(image), 0);
    finish(image);
}

/* ---- all of it ---- */

static struct identity identity;
static struct metadata_cell cell;

static bool load(int32_t node_id, int32_t known_id)
{
    assert_status(log_manager_open(&logs, root, NULL), KW_OK);
    assert_true(metadata_cell_init(&cell));
    memset(&identity, 0, sizeof identity);
    identity.node_id = known_id;
    capture_start(&captured);
    bool loaded = metadata_load(&logs, node_id, &identity, &cell);
    (void)capture_end(&captured);
    return loaded;
}

static void unload(void)
{
    metadata_cell_finish(&cell);
    log_manager_close(&logs);
}

static void assert_loaded(int32_t node_id, int32_t known_id, int32_t id, bool written)
{
    assert_true(load(node_id, known_id));
    assert_int_equal(identity.node_id, id);
    assert_int_equal(access(join(root, "meta.properties").text, F_OK) == 0, written);
    assert_int_equal(metadata_cell_version(&cell), 1);
    assert_string_equal(captured.text, "");
    unload();
}

static void a_new_directory_gets_an_identity(void **state)
{
    (void)state;
    assert_loaded(-1, 9, 9, false); /* it has one */
    assert_loaded(3, 0, 0, false);
    assert_loaded(3, -1, 3, true);
    (void)remove(join(root, "meta.properties").text);
    assert_loaded(-1, -1, 1, true);
    (void)remove(join(root, "meta.properties").text);
    make_partition("a-0", ID_A, NULL);
    assert_loaded(0, -1, 0, false); /* another broker's data: nothing is written */
    assert_true(load(2, -1));
    const struct metadata_image *image = metadata_image_acquire(&cell);
    assert_int_equal(metadata_topic_at(image, 0)->partitions[0].leader_id, 2);
    metadata_image_release(image);
    unload();
}

static void an_identity_that_cannot_be_written_stops_the_start(void **state)
{
    (void)state;
    make_folder(join(root, "meta.properties").text);
    make_folder(join(root, "meta.properties/x").text);
    assert_false(load(3, -1));
    assert_int_equal(metadata_cell_version(&cell), 0);
    assert_true(strlen(captured.text) > 0);
    assert_null(strstr(captured.text, "memory"));
    unload();
}

static void files_that_cannot_be_read_are_reported(void **state)
{
    (void)state;
    make_folder(join(root, "bootstrap.checkpoint").text);
    assert_true(load(1, 1));
    assert_non_null(strstr(captured.text, "bootstrap.checkpoint"));
    assert_non_null(strstr(captured.text, "features of the cluster; they are not known"));
    unload();
    put("__cluster_metadata-0", "");
    assert_true(load(1, 1));
    assert_non_null(strstr(captured.text, "__cluster_metadata-0"));
    assert_non_null(strstr(captured.text, "metadata of the cluster; topics are known by their folders"));
    assert_null(strstr(captured.text, "bootstrap.checkpoint"));
    unload();
}

static void a_path_may_be_too_long(void **state)
{
    (void)state;
    struct metadata_log log;
    struct metadata_image *image;
    char *longest = memset(given_size(KW_PATH_SIZE), '/', KW_PATH_SIZE);
    longest[KW_PATH_SIZE - 20] = '\0'; /* one byte too many with the name of the folder */
    assert_status(metadata_read(longest, NULL, &log, &image), KW_ERR_FILE);
    assert_null(image);
    longest[KW_PATH_SIZE - 22] = '\0';
    assert_status(metadata_read(longest, NULL, &log, &image), KW_OK);
    assert_int_equal(log.end_offset, -1);
    assert_int_equal(log.epoch, -1);
    assert_int_equal(image->parts.offset, 0);
    assert_int_equal(image->parts.epoch, -1);
    metadata_image_release(image);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(partitions_of_others_have_no_leader),
        TEST(a_node_leads_what_it_may_lead),
        TEST(every_partition_has_its_own_lists),
        TEST(the_rest_stays),
        TEST(topics_with_odd_names_are_left_out),
        TEST(the_owner_is_the_one_node_that_shows),
        IN_FOLDER(topics_are_known_by_their_folders),
        IN_FOLDER(copies_of_a_topic_are_left_out),
        IN_FOLDER(an_empty_directory_has_no_topics),
        IN_FOLDER(a_new_directory_gets_an_identity),
        IN_FOLDER(an_identity_that_cannot_be_written_stops_the_start),
        IN_FOLDER(files_that_cannot_be_read_are_reported),
        TEST(a_path_may_be_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
