// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	groupPartitions = 6
	recordsOfAStep  = 60
	patience        = 40 * time.Second
)

// group is members that share a topic, come and go while somebody produces.
type group struct {
	address  string
	topic    string
	options  []kgo.Opt
	producer *kgo.Client
	produced int
	members  []*member

	lock sync.Mutex // of what follows
	seen map[int]bool
}

type member struct {
	group  *group
	client *kgo.Client
	done   chan struct{}
	owned  map[int32]bool // by the group's lock
	err    error
}

func (g *group) newMember() (*member, error) {
	m := &member{group: g, done: make(chan struct{}), owned: map[int32]bool{}}
	change := func(changed map[string][]int32, has bool) {
		g.lock.Lock()
		defer g.lock.Unlock()
		for _, p := range changed[g.topic] {
			if has {
				m.owned[p] = true
			} else {
				delete(m.owned, p)
			}
		}
	}
	assigned := func(_ context.Context, _ *kgo.Client, changed map[string][]int32) { change(changed, true) }
	lost := func(_ context.Context, _ *kgo.Client, changed map[string][]int32) { change(changed, false) }
	revoked := func(ctx context.Context, client *kgo.Client, changed map[string][]int32) {
		err := client.CommitUncommittedOffsets(ctx) // who has such a function commits on its own
		change(changed, false)
		if err != nil {
			g.lock.Lock()
			defer g.lock.Unlock()
			m.err = err
		}
	}
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(g.address), kgo.ConsumerGroup(g.topic), kgo.ConsumeTopics(g.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(300 * time.Millisecond),
		kgo.SessionTimeout(10 * time.Second), kgo.OnPartitionsAssigned(assigned),
		kgo.OnPartitionsRevoked(revoked), kgo.OnPartitionsLost(lost),
	}, g.options...)...)
	if err != nil {
		return nil, err
	}
	m.client = client
	g.members = append(g.members, m)
	go m.consume()
	return m, nil
}

func (m *member) consume() {
	defer close(m.done)
	for {
		fetches := m.client.PollFetches(context.Background())
		if fetches.IsClientClosed() {
			return
		}
		m.group.lock.Lock()
		fetches.EachError(func(_ string, _ int32, err error) { m.err = err })
		fetches.EachRecord(func(r *kgo.Record) {
			if number, err := strconv.Atoi(string(r.Value)); err == nil {
				m.group.seen[number] = true
			}
		})
		m.group.lock.Unlock()
	}
}

func (g *group) leave(ctx context.Context, m *member) error {
	g.members = slices.DeleteFunc(g.members, func(other *member) bool { return other == m })
	err := m.client.CommitUncommittedOffsets(ctx)
	m.client.Close() // leaves the group
	<-m.done
	return err
}

func (g *group) wait(what string, isSo func() bool) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		g.lock.Lock()
		done := isSo()
		var err error
		for _, m := range g.members {
			if m.err != nil {
				err = m.err
			}
		}
		if err == nil && !done && time.Now().After(deadline) {
			err = fmt.Errorf("%s does not come: %d of %d seen", what, len(g.seen), g.produced)
		}
		g.lock.Unlock()
		if done || err != nil {
			return err
		}
	}
}

// Each has a part, and together they have all of it once.
func (g *group) settle() error {
	return g.wait("an assignment", func() bool {
		total, all := 0, map[int32]bool{}
		for _, m := range g.members {
			if len(m.owned) == 0 {
				return false
			}
			total += len(m.owned)
			for p := range m.owned {
				all[p] = true
			}
		}
		return total == groupPartitions && len(all) == groupPartitions
	})
}

func (g *group) read() error {
	return g.wait("the last record", func() bool { return len(g.seen) == g.produced })
}

func (g *group) write(ctx context.Context) error {
	records := make([]*kgo.Record, recordsOfAStep)
	for i := range records {
		number := g.produced + i
		records[i] = &kgo.Record{
			Topic: g.topic, Partition: int32(number % groupPartitions), Value: []byte(strconv.Itoa(number)),
		}
	}
	g.lock.Lock()
	g.produced += recordsOfAStep
	g.lock.Unlock()
	return g.producer.ProduceSync(ctx, records...).FirstErr()
}

// steps runs them until one fails.
func steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) comeAndGo(ctx context.Context) error {
	var first, second *member
	join := func(into **member) func() error {
		return func() (err error) {
			joined, err := g.newMember()
			if into != nil {
				*into = joined
			}
			return err
		}
	}
	write := func() error { return g.write(ctx) }
	return steps(join(&first), write, g.settle, join(&second), join(nil), write, g.settle, g.read, write,
		func() error { return g.leave(ctx, second) }, write, g.settle,
		func() error { return g.leave(ctx, first) }, join(nil), write, g.settle, g.read)
}

func checkGroup(ctx context.Context, address, topic string, options ...kgo.Opt) error {
	producer, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer producer.Close()
	admin := kadm.NewClient(producer)
	if _, err := admin.CreateTopic(ctx, groupPartitions, 1, nil, topic); err != nil {
		return err
	}
	g := &group{address: address, topic: topic, options: options, producer: producer, seen: map[int]bool{}}
	err = g.comeAndGo(ctx)
	for _, m := range slices.Clone(g.members) {
		if left := g.leave(ctx, m); err == nil {
			err = left
		}
	}
	if err != nil {
		return err
	}
	offsets, err := admin.FetchOffsets(ctx, topic)
	if err != nil {
		return err
	}
	total := 0
	offsets.Each(func(o kadm.OffsetResponse) { total += int(o.At) })
	if err := same(total, g.produced); err != nil {
		return err
	}
	described, err := admin.DescribeGroups(ctx, topic)
	if err != nil {
		return err
	}
	if err := same(described[topic].State, "Empty"); err != nil {
		return err
	}
	if _, err := admin.DeleteGroup(ctx, topic); err != nil {
		return err
	}
	_, err = admin.DeleteTopic(ctx, topic)
	return err
}

func checkGroups(ctx context.Context, address string) {
	check("three members come and go, each record is seen, and all is committed", func() error {
		return checkGroup(ctx, address, "franz-go-group")
	})
	check("the same with all partitions given up at each rebalance", func() error {
		return checkGroup(ctx, address, "franz-go-group-eager", kgo.Balancers(kgo.RangeBalancer()))
	})
}
