//! skillgate permissions.
