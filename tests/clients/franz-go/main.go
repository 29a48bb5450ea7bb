// SPDX-License-Identifier: Apache-2.0

// check answers|round-trip|groups|transactions HOST:PORT: franz-go's client (kgo) and admin client (kadm).
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	unknownTopic   = "no-such-topic"
	apiVersionsKey = 18
)

// handshakes counts the ApiVersions requests at the start of a connection.
type handshakes struct{ sent atomic.Int32 }

func (h *handshakes) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if key == apiVersionsKey && err == nil {
		h.sent.Add(1)
	}
}

var failed bool

func check(what string, body func() error) {
	if err := body(); err != nil {
		failed = true
		fmt.Printf("FAILED %s: %s\n", what, strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	fmt.Println("ok", what)
}

func same[T comparable](got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("got %v, wanted %v", got, wanted)
	}
	return nil
}

// The client asks with version 5 first, which needs no second handshake.
func checkHandshake(ctx context.Context, address string) error {
	var hook handshakes
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.WithHooks(&hook))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		return err
	}
	return same(hook.sent.Load(), 1)
}

func checkMetadata(ctx context.Context, admin *kadm.Client, address string) error {
	metadata, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return err
	}
	if err := same(len(metadata.Brokers), 1); err != nil {
		return err
	}
	broker := metadata.Brokers[0]
	return errors.Join(
		same(net.JoinHostPort(broker.Host, fmt.Sprint(broker.Port)), address),
		same(metadata.Controller, broker.NodeID),
		same(metadata.Cluster != "", true),
	)
}

func checkNoTopics(ctx context.Context, admin *kadm.Client) error {
	topics, err := admin.ListTopicsWithInternal(ctx)
	if err != nil {
		return err
	}
	return same(len(topics), 0)
}

func checkUnknownTopic(ctx context.Context, admin *kadm.Client) error {
	topics, err := admin.ListTopics(ctx, unknownTopic)
	if err != nil {
		return err
	}
	if err := topics[unknownTopic].Err; !errors.Is(err, kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("got the error %v", err)
	}
	return nil
}

func checkAnswers(ctx context.Context, admin *kadm.Client, address string) {
	check("ApiVersions v5 is answered at once", func() error { return checkHandshake(ctx, address) })
	check("metadata names the broker", func() error { return checkMetadata(ctx, admin, address) })
	check("ListTopics is empty", func() error { return checkNoTopics(ctx, admin) })
	check("ListTopics of an unknown topic: UNKNOWN_TOPIC_OR_PARTITION", func() error { return checkUnknownTopic(ctx, admin) })
}

func main() {
	part, address := os.Args[1], os.Args[2]
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		panic(err)
	}
	admin := kadm.NewClient(client)
	switch part {
	case "round-trip":
		(&roundTrip{address, client, admin, map[string]int64{}}).run(ctx)
	case "groups":
		checkGroups(ctx, address)
	case "transactions":
		checkTransactions(ctx, address, admin)
	default:
		checkAnswers(ctx, admin, address)
	}
	client.Close()
	if failed {
		os.Exit(1)
	}
}
