// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"
)

const (
	leastSamples = 9
	sampleTime   = time.Millisecond
)

var (
	kept any
	used int
)

// keep and use stop the compiler from removing the computation of the value.
func keep(value any) { kept = value }
func use(value int)  { used += value }

func seconds(name string, otherwise float64) time.Duration {
	if value, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		otherwise = value
	}
	return time.Duration(otherwise * float64(time.Second))
}

// warm runs the operation for a while and returns how often it runs in the time of a sample.
func warm(run func()) int {
	begin, limit, n := time.Now(), seconds("WARM_S", 0.2), 0
	for n == 0 || time.Since(begin) < limit {
		run()
		n++
	}
	return max(1, int(float64(n)*float64(sampleTime)/float64(time.Since(begin))))
}

// bench prints name<TAB>op<TAB>ns<TAB>med=NS<TAB>B=bytes<TAB>allocs=N, as kwire-bench does.
func bench(name, op string, run func()) {
	each := warm(run)
	limit := seconds("MEASURE_S", 0.3)
	samples := make([]float64, 0, 1024)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for begin := time.Now(); len(samples) < leastSamples || time.Since(begin) < limit; {
		start := time.Now()
		for range each {
			run()
		}
		samples = append(samples, float64(time.Since(start).Nanoseconds())/float64(each))
	}
	runtime.ReadMemStats(&after)
	all := float64(each * len(samples))
	slices.Sort(samples)
	fmt.Printf("%s\t%s\t%.1f\tmed=%.1f\tB=%.0f\tallocs=%.0f\n", name, op, samples[0], samples[len(samples)/2],
		float64(after.TotalAlloc-before.TotalAlloc)/all, float64(after.Mallocs-before.Mallocs)/all)
}
