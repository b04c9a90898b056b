//! A log of decisions, written without holding up whoever asked for them.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use self::format::Entry;
use crate::decision::{Decision, Request};

mod format;

pub use self::format::AuditFormat;

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

/// Where decisions are logged; shared between threads as it is.
pub struct AuditLog {
    format: AuditFormat,
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
    /// Appends to a file, which only its owner may read where it is new.
    pub fn append(path: &Path, mode: AuditMode, format: AuditFormat) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Self::open(Box::new(options.open(path)?), mode, format)
    }

    /// Logs to `writer`; fails when the thread that writes cannot be started.
    pub fn open(
        writer: Box<dyn Write + Send>,
        mode: AuditMode,
        format: AuditFormat,
    ) -> io::Result<Self> {
        Self::with_capacity(writer, mode, format, QUEUE_LINES)
    }

    fn with_capacity(
        writer: Box<dyn Write + Send>,
        mode: AuditMode,
        format: AuditFormat,
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
                    .spawn(move || write_all(writer, format, &receiver, &count))?;
                Sink::Queue {
                    sender: Some(sender),
                    thread: Some(thread),
                }
            }
        };
        Ok(Self {
            format,
            sink,
            dropped,
        })
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
        let entry = Entry::new(time_unix_ms, subject, request, decision);
        let text = self.format.line(&entry).map_err(io::Error::from)?;
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

    /// The same by the system's clock.
    pub fn record_now(
        &self,
        subject: &str,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) -> Result<(), AuditError> {
        self.record(now_unix_ms(), subject, request, decision)
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

fn write_all(
    mut writer: Box<dyn Write + Send>,
    format: AuditFormat,
    lines: &Receiver<String>,
    dropped: &AtomicU64,
) {
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
            let gap = format.gap(now_unix_ms(), lost - reported);
            write_line(&mut *writer, &gap, dropped);
            reported = lost;
        }
        // Lines that cannot be flushed cannot be counted one by one either.
        let _ = writer.flush();
    }
}

/// A clock before 1970 reads as 1970.
fn now_unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
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
        let log =
            AuditLog::with_capacity(Box::new(gate), AuditMode::BestEffort, AuditFormat::Jsonl, 2)
                .unwrap();
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
        let log = AuditLog::open(Box::new(gate), AuditMode::Required, AuditFormat::Jsonl).unwrap();
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
        let required =
            AuditLog::open(Box::new(Broken), AuditMode::Required, AuditFormat::Jsonl).unwrap();
        assert!(record(&required, "git.status").is_err());
        let log =
            AuditLog::open(Box::new(Broken), AuditMode::BestEffort, AuditFormat::Jsonl).unwrap();
        let dropped = Arc::clone(&log.dropped);
        assert!(record(&log, "git.status").is_ok());
        drop(log);
        assert_ne!(dropped.load(Ordering::Relaxed), 0);
    }
}
