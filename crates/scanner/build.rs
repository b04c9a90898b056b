//! Rebuilds the crate when a rule changes, because the rules are compiled in.

fn main() {
    println!("cargo::rerun-if-changed=../../rules");
}
