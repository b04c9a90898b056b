//! skillgate cli.
