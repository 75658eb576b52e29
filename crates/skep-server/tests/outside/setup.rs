//! What a server under test stands on. `cargo xtask test` runs the same tests once for each.

use std::io::Write;

/// What a seller starts with, and what they grow into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// SQLite and a folder.
    Small,
    /// PostgreSQL and a bucket.
    Large,
}

impl Setup {
    /// What this run is for, as `SKEP_TEST_SETUP` says. `None` when nobody said so: then tests that are
    /// about both do both, and all others are on [`Setup::Small`].
    pub(crate) fn of_this_run() -> Option<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "it is about the run, not about the server"
        )]
        let said = std::env::var("SKEP_TEST_SETUP").ok()?;
        match said.as_str() {
            "sqlite-folder" => Some(Self::Small),
            "postgres-s3" => Some(Self::Large),
            other => {
                panic!("SKEP_TEST_SETUP is `{other}`: `sqlite-folder` and `postgres-s3` are known")
            }
        }
    }

    /// What a test is on that says nothing about it.
    pub(crate) fn current() -> Self {
        Self::of_this_run().unwrap_or(Self::Small)
    }

    /// Whether tests that are about both do this one in this run.
    pub(crate) fn is_in_this_run(self) -> bool {
        Self::of_this_run().is_none_or(|run| run == self)
    }

    /// Whether a test that is about this set-up alone has nothing to do in this run. If so, it says so:
    /// `cargo xtask test` does not count it as passed.
    #[must_use]
    pub(crate) fn is_for_another_run(self, why: &str) -> bool {
        if self.is_in_this_run() {
            return false;
        }
        let current = std::thread::current();
        let name = current.name().unwrap_or("a test");
        // Not with `println!`, which the harness keeps to itself.
        let line = format!("\nleft to the other set-up: {name}: {why}\n");
        std::io::stdout()
            .write_all(line.as_bytes())
            .expect("standard output is open");
        true
    }
}
