//! skillgate pipeline.
