//! Mix with Hex against a spawned server. Left out of a plain `cargo test`, because not every machine has Hex:
//! `cargo xtask test` runs it where `mix hex.info` works and says so where it does not.
