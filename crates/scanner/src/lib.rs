//! skillgate scanner.
