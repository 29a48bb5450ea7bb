// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	prefix       = "franz-go"
	autoTopic    = prefix + "-auto"
	offsetsTopic = prefix + "-offsets"
	offsetsGroup = prefix + "-assigns"
	settle       = 5 * time.Second
)

var codecs = []struct {
	name  string
	codec kgo.CompressionCodec
}{
	{"none", kgo.NoCompression()},
	{"gzip", kgo.GzipCompression()},
	{"snappy", kgo.SnappyCompression()},
	{"lz4", kgo.Lz4Compression()},
	{"zstd", kgo.ZstdCompression()},
}

// No acks last: a broker that does not lead a new partition yet would drop the records unseen.
var allAcks = []struct {
	name string
	acks kgo.Acks
}{
	{"all", kgo.AllISRAcks()},
	{"1", kgo.LeaderAck()},
	{"0", kgo.NoAck()},
}

// roundTrip creates, produces, reads back, alters, and deletes.
type roundTrip struct {
	address string
	client  *kgo.Client
	admin   *kadm.Client
	ends    map[string]int64
}

func topicOf(codec string) string { return prefix + "-" + codec }

// oddRecords are what is easily read back differently:
// nothing, null, every byte, large, many. The last timestamp is now.
func oddRecords() []*kgo.Record {
	noise := rand.New(rand.NewSource(14))
	random := func(size int) []byte {
		text := make([]byte, size)
		noise.Read(text)
		return text
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	headers := []kgo.RecordHeader{
		{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte("2")},
		{Key: "empty", Value: []byte{}}, {Key: "null"}, {Key: "\u00fc\u20ac", Value: every},
	}
	records := []*kgo.Record{
		{Key: []byte("key"), Value: []byte("value")},
		{Value: []byte("no key")},
		{Key: []byte("no value")},
		{},
		{Key: []byte{}, Value: []byte{}},
		{Key: every, Value: bytes.Repeat(every, 3)},
		{Key: []byte("headers"), Value: []byte("five"), Headers: headers},
		{Key: []byte("compressible"), Value: bytes.Repeat([]byte("kwire"), 20000)},
		{Key: []byte("incompressible"), Value: random(60000)},
	}
	for i := range 100 {
		records = append(records, &kgo.Record{Key: fmt.Append(nil, i), Value: random(i)})
	}
	first := time.Now().UnixMilli() - int64(len(records))
	for i, record := range records {
		record.Timestamp = time.UnixMilli(first + int64(i))
	}
	return records
}

// sameBytes holds null and empty for different.
func sameBytes(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

func sameHeader(a, b kgo.RecordHeader) bool { return a.Key == b.Key && sameBytes(a.Value, b.Value) }

func sameRecords(got, wanted []*kgo.Record) error {
	if len(got) != len(wanted) {
		return fmt.Errorf("%d records, wanted %d", len(got), len(wanted))
	}
	for i, mine := range got {
		theirs := wanted[i]
		if !sameBytes(mine.Key, theirs.Key) || !sameBytes(mine.Value, theirs.Value) ||
			!slices.EqualFunc(mine.Headers, theirs.Headers, sameHeader) || !mine.Timestamp.Equal(theirs.Timestamp) {
			return fmt.Errorf("record %d is %.300q, wanted %.300q", i, fmt.Sprint(mine), fmt.Sprint(theirs))
		}
	}
	return nil
}

// produce sends the records to partition 0 and returns the offset of the first, which says nothing for acks 0.
func (r *roundTrip) produce(
	ctx context.Context, topic string, records []*kgo.Record, options ...kgo.Opt,
) (int64, error) {
	options = append(options, kgo.SeedBrokers(r.address), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	client, err := kgo.NewClient(options...)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	sent := make([]*kgo.Record, len(records))
	for i, record := range records {
		sent[i] = &kgo.Record{
			Topic: topic, Key: record.Key, Value: record.Value, Headers: record.Headers, Timestamp: record.Timestamp,
		}
	}
	results := client.ProduceSync(ctx, sent...)
	if err := results.FirstErr(); err != nil {
		return 0, err
	}
	return sent[0].Offset, nil
}

// read reads partition 0 without a group; the offsets must follow each other.
func (r *roundTrip) read(ctx context.Context, topic string, first int64, count int) ([]*kgo.Record, error) {
	at := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(first)}}
	client, err := kgo.NewClient(kgo.SeedBrokers(r.address), kgo.ConsumePartitions(at))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("after %d of %d records: %w", len(records), count, err)
		}
		records = append(records, fetches.Records()...)
	}
	for i, record := range records {
		if record.Offset != first+int64(i) {
			return nil, fmt.Errorf("record %d has the offset %d, wanted %d", i, record.Offset, first+int64(i))
		}
	}
	return records, nil
}

func (r *roundTrip) produceAndRead(ctx context.Context, topic string, records []*kgo.Record, options ...kgo.Opt) error {
	first := r.ends[topic]
	r.ends[topic] += int64(len(records))
	if _, err := r.produce(ctx, topic, records, options...); err != nil {
		return err
	}
	got, err := r.read(ctx, topic, first, len(records))
	if err != nil {
		return err
	}
	return sameRecords(got, records)
}

// eventually asks again: Apache Kafka's broker shows a change a moment after its controller has answered.
func eventually[T comparable](wanted T, ask func() (T, error)) error {
	for deadline := time.Now().Add(settle); ; time.Sleep(50 * time.Millisecond) {
		got, err := ask()
		if err == nil && got == wanted {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(err, same(got, wanted))
		}
	}
}

func expect(wanted, got error) error {
	if !errors.Is(got, wanted) {
		return fmt.Errorf("got the error %v, wanted %v", got, wanted)
	}
	return nil
}

func (r *roundTrip) create(ctx context.Context) error {
	settings := map[string]*string{"max.message.bytes": kadm.StringPtr("2000000")}
	for _, codec := range codecs {
		if _, err := r.admin.CreateTopic(ctx, 2, 1, settings, topicOf(codec.name)); err != nil {
			return err
		}
	}
	_, err := r.admin.CreateTopic(ctx, 2, 1, settings, topicOf("none"))
	return expect(kerr.TopicAlreadyExists, err)
}

func (r *roundTrip) tooLarge(ctx context.Context) error {
	large := []*kgo.Record{{Value: make([]byte, 3_000_000), Timestamp: time.Now()}}
	_, err := r.produce(ctx, topicOf("none"), large, kgo.ProducerBatchMaxBytes(10_000_000),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	return expect(kerr.MessageTooLarge, err)
}

func (r *roundTrip) describe(ctx context.Context) error {
	topics, err := r.admin.ListTopics(ctx)
	if err != nil {
		return err
	}
	for _, codec := range codecs {
		details, listed := topics[topicOf(codec.name)]
		if !listed || len(details.Partitions) != 2 {
			return fmt.Errorf("%s is listed as %v", topicOf(codec.name), details)
		}
		for _, partition := range details.Partitions {
			node := []int32{partition.Leader}
			if partition.Err != nil || !slices.Equal(partition.Replicas, node) || !slices.Equal(partition.ISR, node) {
				return fmt.Errorf("%s has the partition %v", topicOf(codec.name), partition)
			}
		}
	}
	return nil
}

// settings are the values of max.message.bytes and retention.ms.
func (r *roundTrip) settings(ctx context.Context, topic string) (string, error) {
	resources, err := r.admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return "", err
	}
	var found []string
	for _, config := range resources[0].Configs {
		if config.Key == "max.message.bytes" || config.Key == "retention.ms" {
			found = append(found, config.Key+"="+config.MaybeValue())
		}
	}
	slices.Sort(found)
	return strings.Join(found, " "), resources[0].Err
}

func (r *roundTrip) alter(ctx context.Context, topic string, configs ...kadm.AlterConfig) error {
	responses, err := r.admin.AlterTopicConfigs(ctx, configs, topic)
	if err != nil {
		return err
	}
	return responses[0].Err
}

func (r *roundTrip) configs(ctx context.Context) error {
	topic := topicOf("none")
	before, err := r.settings(ctx, topic)
	if err != nil {
		return err
	}
	if err := same(before, "max.message.bytes=2000000 retention.ms=604800000"); err != nil {
		return err
	}
	err = r.alter(ctx, topic,
		kadm.AlterConfig{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr("86400000")},
		kadm.AlterConfig{Op: kadm.DeleteConfig, Name: "max.message.bytes"})
	if err != nil {
		return err
	}
	return eventually("max.message.bytes=1048588 retention.ms=86400000",
		func() (string, error) { return r.settings(ctx, topic) })
}

func (r *roundTrip) invalidConfig(ctx context.Context) error {
	invalid := kadm.AlterConfig{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr("soon")}
	return expect(kerr.InvalidConfig, r.alter(ctx, topicOf("none"), invalid))
}

func (r *roundTrip) partitions(ctx context.Context) error {
	topic := topicOf("gzip")
	added, err := r.admin.UpdatePartitions(ctx, 5, topic)
	if err := errors.Join(err, added[topic].Err); err != nil {
		return err
	}
	if err := eventually(5, func() (int, error) {
		topics, err := r.admin.ListTopics(ctx, topic)
		return len(topics[topic].Partitions), err
	}); err != nil {
		return err
	}
	fewer, err := r.admin.UpdatePartitions(ctx, 3, topic)
	return errors.Join(err, expect(kerr.InvalidPartitions, fewer[topic].Err))
}

func offsetOf(offsets kadm.ListedOffsets, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	offset, listed := offsets.Lookup(offsetsTopic, 0)
	if !listed {
		return 0, errors.New("no offset is listed")
	}
	return offset.Offset, offset.Err
}

func (r *roundTrip) offsets(ctx context.Context) error {
	if _, err := r.admin.CreateTopic(ctx, 1, 1, nil, offsetsTopic); err != nil {
		return err
	}
	records := oddRecords()
	if _, err := r.produce(ctx, offsetsTopic, records); err != nil {
		return err
	}
	start, startErr := offsetOf(r.admin.ListStartOffsets(ctx, offsetsTopic))
	end, endErr := offsetOf(r.admin.ListEndOffsets(ctx, offsetsTopic))
	greatest, greatestErr := offsetOf(r.admin.ListMaxTimestampOffsets(ctx, offsetsTopic))
	at, atErr := offsetOf(r.admin.ListOffsetsAfterMilli(ctx, records[55].Timestamp.UnixMilli(), offsetsTopic))
	if err := errors.Join(startErr, endErr, greatestErr, atErr); err != nil {
		return err
	}
	last := int64(len(records))
	return same([4]int64{start, end, greatest, at}, [4]int64{0, last, last - 1, 55})
}

func (r *roundTrip) deleteRecords(ctx context.Context) error {
	before := make(kadm.Offsets)
	before.Add(kadm.Offset{Topic: offsetsTopic, Partition: 0, At: 40})
	if _, err := r.admin.DeleteRecords(ctx, before); err != nil {
		return err
	}
	start, err := offsetOf(r.admin.ListStartOffsets(ctx, offsetsTopic))
	if err := errors.Join(err, same(start, 40)); err != nil {
		return err
	}
	wanted := oddRecords()[40:]
	got, err := r.read(ctx, offsetsTopic, 40, len(wanted))
	if err != nil {
		return err
	}
	for i, record := range got {
		if !sameBytes(record.Value, wanted[i].Value) {
			return fmt.Errorf("the record with offset %d is another", record.Offset)
		}
	}
	return nil
}

func (r *roundTrip) topics(ctx context.Context) ([]string, error) {
	topics, err := r.admin.ListTopics(ctx)
	ours := func(name string) bool { return !strings.HasPrefix(name, prefix) }
	return slices.DeleteFunc(topics.Names(), ours), err
}

func (r *roundTrip) deleteTopics(ctx context.Context) error {
	var names []string
	if err := eventually(len(codecs)+2, func() (count int, err error) {
		names, err = r.topics(ctx)
		return len(names), err
	}); err != nil {
		return err
	}
	deleted, err := r.admin.DeleteTopics(ctx, names...)
	if err := errors.Join(err, deleted.Error()); err != nil {
		return err
	}
	return eventually(0, func() (int, error) {
		left, err := r.topics(ctx)
		return len(left), err
	})
}

// one is the offset of partition 0 that the group has, and among how many.
func one(offsets kadm.OffsetResponses, err error) (string, error) {
	found, _ := offsets.Lookup(topicOf("none"), 0)
	count := 0
	for _, partitions := range offsets {
		count += len(partitions)
	}
	text := fmt.Sprintf("%d of %d, epoch %d, %s", found.At, count, found.LeaderEpoch, found.Metadata)
	return text, errors.Join(err, found.Err)
}

func (r *roundTrip) commits(ctx context.Context) error {
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topicOf("none"), Partition: 0, At: 2, LeaderEpoch: 0, Metadata: "where"})
	if err := r.admin.CommitAllOffsets(ctx, offsetsGroup, offsets); err != nil {
		return err
	}
	got, err := one(r.admin.FetchOffsets(ctx, offsetsGroup))
	if err != nil || got != "2 of 1, epoch 0, where" {
		return fmt.Errorf("%s: %w", got, err)
	}
	if got, err = one(r.admin.FetchOffsetsForTopics(ctx, offsetsGroup, topicOf("none"))); err != nil {
		return fmt.Errorf("%s: %w", got, err)
	}
	if !strings.HasPrefix(got, "2 of 2, epoch 0, where") {
		return fmt.Errorf("%s for the topic, which has two partitions", got)
	}
	return nil
}

func (r *roundTrip) groups(ctx context.Context) error {
	described, err := r.admin.DescribeGroups(ctx, offsetsGroup)
	if err := errors.Join(err, described.Error()); err != nil {
		return err
	}
	if described[offsetsGroup].State != "Empty" || len(described[offsetsGroup].Members) != 0 {
		return fmt.Errorf("%+v is described", described[offsetsGroup])
	}
	listed, err := r.admin.ListGroups(ctx, "Empty")
	if _, there := listed[offsetsGroup]; err != nil || !there {
		return fmt.Errorf("it is not among %v: %w", listed.Groups(), err)
	}
	var topics kadm.TopicsSet
	topics.Add(topicOf("none"), 0)
	deleted, err := r.admin.DeleteOffsets(ctx, offsetsGroup, topics)
	if err := errors.Join(err, deleted.Error()); err != nil {
		return err
	}
	if left, err := r.admin.FetchOffsets(ctx, offsetsGroup); err != nil || len(left) != 0 {
		return fmt.Errorf("%v are left: %w", left, err)
	}
	if _, err := r.admin.DeleteGroup(ctx, offsetsGroup); err != nil {
		return err
	}
	_, err = r.admin.DeleteGroup(ctx, offsetsGroup)
	return expect(kerr.GroupIDNotFound, err)
}

func (r *roundTrip) run(ctx context.Context) {
	check("CreateTopic, and again: TOPIC_ALREADY_EXISTS", func() error { return r.create(ctx) })
	for _, codec := range codecs {
		for _, acks := range allAcks {
			check(fmt.Sprintf("reads back what it produced with %s and acks %s", codec.name, acks.name), func() error {
				return r.produceAndRead(ctx, topicOf(codec.name), oddRecords(), kgo.DisableIdempotentWrite(),
					kgo.ProducerBatchCompression(codec.codec), kgo.RequiredAcks(acks.acks))
			})
		}
	}
	check("reads back what a client with default settings produced, which is idempotent", func() error {
		records := slices.Concat(oddRecords(), oddRecords(), oddRecords())
		return r.produceAndRead(ctx, topicOf("none"), records)
	})
	check("a batch larger than max.message.bytes: MESSAGE_TOO_LARGE", func() error { return r.tooLarge(ctx) })
	check("producing creates the topic", func() error {
		return r.produceAndRead(ctx, autoTopic, oddRecords()[:3], kgo.AllowAutoTopicCreation())
	})
	check("ListTopics describes the partitions", func() error { return r.describe(ctx) })
	check("DescribeTopicConfigs and AlterTopicConfigs", func() error { return r.configs(ctx) })
	check("an invalid setting: INVALID_CONFIG", func() error { return r.invalidConfig(ctx) })
	check("UpdatePartitions adds partitions and takes none away", func() error { return r.partitions(ctx) })
	check("offsets: first, last, of the greatest timestamp, of a timestamp", func() error { return r.offsets(ctx) })
	check("DeleteRecords moves the beginning", func() error { return r.deleteRecords(ctx) })
	check("a group has the offset that was committed", func() error { return r.commits(ctx) })
	check("DescribeGroups, ListGroups, DeleteOffsets, DeleteGroup", func() error { return r.groups(ctx) })
	check("DeleteTopics deletes them all", func() error { return r.deleteTopics(ctx) })
}
