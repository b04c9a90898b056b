//! skillgate sandbox.
