//! skillgate store.
