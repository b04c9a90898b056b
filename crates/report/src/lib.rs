//! skillgate report.
