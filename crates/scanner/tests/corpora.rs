//! The last measurement over the labelled corpora, which no repository holds, against the bars.
//!
//! `fixtures/corpora.json` is written by hand from the two commands that it names, over the corpora laid out as
//! `SET/{malicious,vulnerable,benign}/ITEM`; a new measurement replaces the numbers and the date.

use serde::Deserialize;

const RECORDED: &str = include_str!("../../../fixtures/corpora.json");

#[derive(Deserialize)]
struct Record {
    pools: Vec<Pool>,
}

#[derive(Deserialize)]
struct Pool {
    name: String,
    positives: u32,
    recall_percent: Option<f64>,
    false_alarm_percent: f64,
    least_recall_percent: Option<f64>,
    most_false_alarm_percent: f64,
}

impl Pool {
    fn reaches_its_bars(&self) -> bool {
        let found = match (self.recall_percent, self.least_recall_percent) {
            (Some(recall), Some(least)) => recall >= least,
            (None, None) => self.positives == 0,
            (Some(_), None) | (None, Some(_)) => false,
        };
        found && self.false_alarm_percent <= self.most_false_alarm_percent
    }
}

#[test]
fn every_pool_reached_its_bars_when_it_was_measured_last() {
    let record: Record = serde_json::from_str(RECORDED).unwrap();
    assert_eq!(record.pools.len(), 4);
    for pool in &record.pools {
        assert!(pool.reaches_its_bars(), "{}", pool.name);
    }
}
