//! Decisions as lines of JSON, written without holding up whoever asked for them.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, Request};

/// How many lines may wait to be written; at 200 bytes a line they take under 2 MB.
const QUEUE_LINES: usize = 8192;

/// Whether a decision may go on without its line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditMode {
    /// A line that finds the queue full is dropped and counted; nobody waits.
    #[default]
    BestEffort,
    /// The line is written before the decision is given out; without it there is no decision.
    Required,
}

/// A line that was required and could not be written: the request is to be denied.
#[derive(Debug, thiserror::Error)]
#[error("the decision could not be logged, and the audit is required")]
pub struct AuditError(#[from] io::Error);

/// One line of the log.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Milliseconds since 1970 in UTC, by the caller's clock.
    time_unix_ms: u64,
    subject: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    allow: bool,
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<u32>,
}

/// Where decisions are logged; shared between threads as it is.
pub struct AuditLog {
    sink: Sink,
    dropped: Arc<AtomicU64>,
}

enum Sink {
    Queue {
        /// Taken when the log is closed, which ends the thread.
        sender: Option<SyncSender<String>>,
        thread: Option<JoinHandle<()>>,
    },
    Direct(Mutex<Box<dyn Write + Send>>),
}

impl AuditLog {
    /// Logs to `writer`; fails when the thread that writes cannot be started.
    pub fn open(writer: Box<dyn Write + Send>, mode: AuditMode) -> io::Result<Self> {
        Self::with_capacity(writer, mode, QUEUE_LINES)
    }

    fn with_capacity(
        writer: Box<dyn Write + Send>,
        mode: AuditMode,
        lines: usize,
    ) -> io::Result<Self> {
        let dropped = Arc::new(AtomicU64::new(0));
        let sink = match mode {
            AuditMode::Required => Sink::Direct(Mutex::new(writer)),
            AuditMode::BestEffort => {
                let (sender, receiver) = sync_channel(lines);
                let count = Arc::clone(&dropped);
                let thread = std::thread::Builder::new()
                    .name("audit".to_owned())
                    .spawn(move || write_all(writer, &receiver, &count))?;
                Sink::Queue {
                    sender: Some(sender),
                    thread: Some(thread),
                }
            }
        };
        Ok(Self { sink, dropped })
    }

    /// Logs one decision about `subject`, the skill or the caller.
    ///
    /// Fails only where the audit is required; the request is then to be denied.
    pub fn record(
        &self,
        time_unix_ms: u64,
        subject: &str,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) -> Result<(), AuditError> {
        let line = Line {
            time_unix_ms,
            subject,
            name: request.name,
            resource: request.resource,
            allow: decision.allow,
            cause: decision.reason.as_str(),
            rule: decision.rule.map(|rule| rule.scope.as_str()),
            rule_id: decision.rule.map(|rule| rule.id),
        };
        let text = serde_json::to_string(&line).map_err(io::Error::from)? + "\n";
        match &self.sink {
            Sink::Direct(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.write_all(text.as_bytes())?;
                Ok(writer.flush()?)
            }
            Sink::Queue { sender, .. } => {
                let sent = sender.as_ref().map(|sender| sender.try_send(text));
                if let Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) = sent {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            }
        }
    }

    /// How many lines were lost so far, because the queue was full or writing failed.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for AuditLog {
    /// Writes what still waits.
    fn drop(&mut self) {
        if let Sink::Queue { sender, thread } = &mut self.sink {
            drop(sender.take());
            if let Some(thread) = thread.take() {
                // A writer that panicked has lost its lines already.
                let _ = thread.join();
            }
        }
    }
}

fn write_all(mut writer: Box<dyn Write + Send>, lines: &Receiver<String>, dropped: &AtomicU64) {
    let mut reported = 0;
    while let Ok(first) = lines.recv() {
        let mut next = Ok(first);
        while let Ok(line) = next {
            write_line(&mut *writer, &line, dropped);
            next = lines.try_recv();
        }
        // The log itself says where it has gaps.
        let lost = dropped.load(Ordering::Relaxed);
        if lost > reported {
            write_line(
                &mut *writer,
                &format!("{{\"dropped\":{}}}\n", lost - reported),
                dropped,
            );
            reported = lost;
        }
        // Lines that cannot be flushed cannot be counted one by one either.
        let _ = writer.flush();
    }
}

fn write_line(writer: &mut dyn Write, line: &str, dropped: &AtomicU64) {
    if writer.write_all(line.as_bytes()).is_err() {
        dropped.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::policy::{Policy, PolicyText};

    /// A writer that a test can hold up, and whose text it can read.
    struct Gate {
        text: Arc<Mutex<Vec<u8>>>,
        /// Told that a write is about to happen.
        entered: Sender<()>,
        /// Each write waits for one message, until the other end is gone.
        permits: Receiver<()>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.entered.send(());
            let _ = self.permits.recv();
            self.text.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn record(log: &AuditLog, name: &str) -> Result<(), AuditError> {
        let policy = Policy::compile(&PolicyText {
            allow: &["git:*".to_owned()],
            ..PolicyText::default()
        });
        let (policy, request) = (policy.unwrap(), Request::tool(name));
        log.record(7, "pdf\n", &request, &policy.decide(&request))
    }

    #[test]
    fn a_full_queue_is_counted_and_never_waited_for() {
        let text = Arc::new(Mutex::new(Vec::new()));
        let (entered, first_write) = channel();
        let (open, permits) = channel();
        let gate = Gate {
            text: Arc::clone(&text),
            entered,
            permits,
        };
        let log = AuditLog::with_capacity(Box::new(gate), AuditMode::BestEffort, 2).unwrap();
        record(&log, "git.first").unwrap();
        first_write.recv().unwrap();
        // The thread is held up in its first write, so two lines wait and three find no room.
        for _ in 0..5 {
            record(&log, "git.status").unwrap();
        }
        assert_eq!(log.dropped(), 3);
        drop(open);
        drop(log);
        let text = String::from_utf8(text.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[3], r#"{"dropped":3}"#);
    }

    #[test]
    fn a_required_line_is_written_before_the_call_returns() {
        let text = Arc::new(Mutex::new(Vec::new()));
        let (entered, _first_write) = channel();
        let (open, permits) = channel();
        drop(open);
        let gate = Gate {
            text: Arc::clone(&text),
            entered,
            permits,
        };
        let log = AuditLog::open(Box::new(gate), AuditMode::Required).unwrap();
        record(&log, "gh.pr").unwrap();
        record(&log, "git.status").unwrap();
        assert_eq!(
            String::from_utf8(text.lock().unwrap().clone()).unwrap(),
            concat!(
                r#"{"time_unix_ms":7,"subject":"pdf\n","name":"gh.pr","allow":false,"cause":"not-granted"}"#,
                "\n",
                r#"{"time_unix_ms":7,"subject":"pdf\n","name":"git.status","allow":true,"cause":"granted","rule":"git:*","rule_id":0}"#,
                "\n",
            )
        );
    }

    #[test]
    fn a_disk_that_is_full_denies_only_where_the_audit_is_required() {
        let required = AuditLog::open(Box::new(Broken), AuditMode::Required).unwrap();
        assert!(record(&required, "git.status").is_err());
        let log = AuditLog::open(Box::new(Broken), AuditMode::BestEffort).unwrap();
        let dropped = Arc::clone(&log.dropped);
        assert!(record(&log, "git.status").is_ok());
        drop(log);
        assert_ne!(dropped.load(Ordering::Relaxed), 0);
    }
}
