// SPDX-License-Identifier: Apache-2.0

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const LEAST_SAMPLES: usize = 9;
const SAMPLE_TIME: Duration = Duration::from_millis(1);

/// Counts, without a locked instruction: only one thread allocates.
struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

fn count(size: usize) {
    CALLS.store(CALLS.load(Relaxed) + 1, Relaxed);
    BYTES.store(BYTES.load(Relaxed) + size as u64, Relaxed);
}

// SAFETY: all calls go to the system's allocator as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        System.alloc(layout)
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        System.alloc_zeroed(layout)
    }
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        System.realloc(memory, layout, size)
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        System.dealloc(memory, layout)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn seconds(name: &str, otherwise: f64) -> Duration {
    let value = std::env::var(name).ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(value.unwrap_or(otherwise))
}

/// Runs the operation for a while and returns how often it runs in the time of a sample.
fn warm<T>(run: &mut impl FnMut() -> T) -> u64 {
    let (begin, limit, mut n) = (Instant::now(), seconds("WARM_S", 0.2), 0u64);
    while n == 0 || begin.elapsed() < limit {
        black_box(run());
        n += 1;
    }
    ((n as f64 * SAMPLE_TIME.as_secs_f64() / begin.elapsed().as_secs_f64()) as u64).max(1)
}

/// Prints name<TAB>op<TAB>ns<TAB>med=NS<TAB>B=bytes<TAB>allocs=N, as kwire-bench does.
pub fn bench<T>(name: &str, op: &str, mut run: impl FnMut() -> T) {
    let each = warm(&mut run);
    let limit = seconds("MEASURE_S", 0.3);
    let mut samples: Vec<f64> = Vec::with_capacity(1 << 16);
    let (calls, bytes) = (CALLS.load(Relaxed), BYTES.load(Relaxed));
    let begin = Instant::now();
    while samples.len() < LEAST_SAMPLES || begin.elapsed() < limit {
        let start = Instant::now();
        for _ in 0..each {
            black_box(run());
        }
        samples.push(start.elapsed().as_nanos() as f64 / each as f64);
    }
    let all = each as f64 * samples.len() as f64;
    let calls = (CALLS.load(Relaxed) - calls) as f64 / all;
    let bytes = (BYTES.load(Relaxed) - bytes) as f64 / all;
    samples.sort_by(f64::total_cmp);
    let (least, median) = (samples[0], samples[samples.len() / 2]);
    println!("{name}\t{op}\t{least:.1}\tmed={median:.1}\tB={bytes:.0}\tallocs={calls:.0}");
}
