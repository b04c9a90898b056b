//! Counting within sliding windows.

use std::collections::VecDeque;

/// The times of the last few hits; no more are kept than a threshold asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(VecDeque<i64>);

impl Recent {
    /// Adds a hit, and says whether `threshold` of them lie within the window.
    pub(crate) fn hit(&mut self, now_ms: i64, window_ms: i64, threshold: u32) -> bool {
        let threshold = threshold as usize;
        self.0.push_back(now_ms);
        while self.0.len() > threshold || self.0.front().is_some_and(|&at| at <= now_ms - window_ms)
        {
            self.0.pop_front();
        }
        self.0.len() >= threshold
    }

    /// Whether nothing in it counts any more.
    pub(crate) fn is_stale(&self, now_ms: i64, window_ms: i64) -> bool {
        self.0.back().is_none_or(|&at| at <= now_ms - window_ms)
    }
}

/// Parts of a window of calls.
const BUCKETS: usize = 10;

/// Calls and failures, in tenths of the window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls([Bucket; BUCKETS]);

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    number: i64,
    calls: u32,
    failures: u32,
}

impl Calls {
    /// Adds one call.
    pub(crate) fn add(&mut self, now_ms: i64, window_ms: i64, failed: bool) {
        let number = number(now_ms, window_ms);
        let slot = number.rem_euclid(BUCKETS as i64) as usize;
        if let Some(bucket) = self.0.get_mut(slot) {
            if bucket.number != number {
                *bucket = Bucket {
                    number,
                    ..Bucket::default()
                };
            }
            bucket.calls = bucket.calls.saturating_add(1);
            bucket.failures = bucket.failures.saturating_add(u32::from(failed));
        }
    }

    /// Calls and failures within the window.
    pub(crate) fn total(&self, now_ms: i64, window_ms: i64) -> (u32, u32) {
        let newest = number(now_ms, window_ms);
        let inside = |bucket: &&Bucket| (0..BUCKETS as i64).contains(&(newest - bucket.number));
        let add = |(calls, failures): (u32, u32), bucket: &Bucket| {
            (
                calls.saturating_add(bucket.calls),
                failures.saturating_add(bucket.failures),
            )
        };
        self.0.iter().filter(inside).fold((0, 0), add)
    }
}

fn number(now_ms: i64, window_ms: i64) -> i64 {
    now_ms.div_euclid((window_ms / BUCKETS as i64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hits_within_the_window_count() {
        let mut recent = Recent::default();
        let hits = [0, 40, 80, 100, 139, 140].map(|at| recent.hit(at, 100, 3));
        assert_eq!(hits, [false, false, true, true, true, true]);
        assert!(!recent.hit(1000, 100, 3));
        assert!(recent.is_stale(1100, 100) && !recent.is_stale(1099, 100));
    }

    #[test]
    fn old_calls_leave_the_window() {
        let mut calls = Calls::default();
        for at in 0..10 {
            calls.add(at * 100, 1000, at % 2 == 0);
        }
        assert_eq!(calls.total(900, 1000), (10, 5));
        assert_eq!(calls.total(1400, 1000), (5, 2));
        assert_eq!(calls.total(5000, 1000), (0, 0));
        calls.add(5000, 1000, true);
        assert_eq!(calls.total(5000, 1000), (1, 1));
    }
}
