// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const copied = 200

// readCommitted returns all values of partition 0 before the last stable offset.
func readCommitted(ctx context.Context, address string, admin *kadm.Client, topic string) ([]string, error) {
	ends, err := admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	end, _ := ends.Lookup(topic, 0)
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(0)}}))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var values []string
	for next := int64(0); next < end.Offset; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			next = r.Offset + 1
			if !r.Attrs.IsControl() {
				values = append(values, string(r.Value))
			}
		})
	}
	return values, nil
}

func transactional(address, id string) (*kgo.Client, error) {
	return kgo.NewClient(kgo.SeedBrokers(address), kgo.TransactionalID(id),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
}

func writeTransaction(ctx context.Context, client *kgo.Client, topic string, end kgo.TransactionEndTry, values ...string) error {
	if err := client.BeginTransaction(); err != nil {
		return err
	}
	for _, value := range values {
		if err := client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(value)}).FirstErr(); err != nil {
			return err
		}
	}
	return client.EndTransaction(ctx, end)
}

func checkVisibility(ctx context.Context, address string, admin *kadm.Client, topic string) error {
	if _, err := admin.CreateTopic(ctx, 1, 1, nil, topic); err != nil {
		return err
	}
	client, err := transactional(address, topic)
	if err != nil {
		return err
	}
	defer client.Close()
	var wanted []string
	for i := range 6 {
		end, a, b := kgo.TransactionEndTry(i%2 == 0), fmt.Sprint("a", i), fmt.Sprint("b", i)
		if err := writeTransaction(ctx, client, topic, end, a, b); err != nil {
			return err
		}
		if end {
			wanted = append(wanted, a, b)
		}
	}
	got, err := readCommitted(ctx, address, admin, topic)
	if err != nil {
		return err
	}
	if !slices.Equal(got, wanted) {
		return fmt.Errorf("got %v, wanted %v", got, wanted)
	}
	return nil
}

func checkFenced(ctx context.Context, address string, admin *kadm.Client, topic string) error {
	if _, err := admin.CreateTopic(ctx, 1, 1, nil, topic); err != nil {
		return err
	}
	old, err := transactional(address, topic)
	if err != nil {
		return err
	}
	defer old.Close()
	if err := writeTransaction(ctx, old, topic, kgo.TryCommit, "of the old one"); err != nil {
		return err
	}
	young, err := transactional(address, topic)
	if err != nil {
		return err
	}
	defer young.Close()
	if err := writeTransaction(ctx, young, topic, kgo.TryCommit, "of the young one"); err != nil {
		return err
	}
	err = writeTransaction(ctx, old, topic, kgo.TryCommit, "too late")
	if !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) {
		return fmt.Errorf("got the error %v", err)
	}
	return nil
}

// checkCopies lets a group session copy one topic to another, with aborted transactions in between.
func checkCopies(ctx context.Context, address string, admin *kadm.Client, topic string) error {
	target := topic + "-copies"
	if _, err := admin.CreateTopics(ctx, 1, 1, nil, topic, target); err != nil {
		return err
	}
	source, err := transactional(address, topic)
	if err != nil {
		return err
	}
	defer source.Close()
	var wanted []string
	for i := range copied {
		wanted = append(wanted, strconv.Itoa(i))
	}
	if err := writeTransaction(ctx, source, topic, kgo.TryCommit, wanted...); err != nil {
		return err
	}
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(address), kgo.TransactionalID(target),
		kgo.ConsumerGroup(target), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.RequireStableFetchOffsets(),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer session.Close()
	for done, turn := 0, 0; done < copied; turn++ {
		fetches := session.PollRecords(ctx, 20)
		if err := fetches.Err(); err != nil {
			return err
		}
		if err := session.Begin(); err != nil {
			return err
		}
		count := 0
		fetches.EachRecord(func(r *kgo.Record) {
			count++
			session.Produce(ctx, &kgo.Record{Topic: target, Value: r.Value}, nil)
		})
		committed, err := session.End(ctx, kgo.TransactionEndTry(turn%3 != 1))
		if err != nil {
			return err
		}
		if committed {
			done += count
		}
	}
	got, err := readCommitted(ctx, address, admin, target)
	if err != nil {
		return err
	}
	if !slices.Equal(got, wanted) {
		return fmt.Errorf("the copies are %v", got)
	}
	return nil
}

func checkTransactions(ctx context.Context, address string, admin *kadm.Client) {
	const name = "franz-go-transactions"
	check("committed transactions are seen, aborted ones are not", func() error {
		return checkVisibility(ctx, address, admin, name)
	})
	check("a producer that was replaced is fenced", func() error {
		return checkFenced(ctx, address, admin, name+"-fenced")
	})
	check("a group session copies in transactions", func() error {
		return checkCopies(ctx, address, admin, name+"-session")
	})
}
