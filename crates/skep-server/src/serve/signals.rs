//! What the two sides of a connection tell each other: the one that moves bytes and the one that answers.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// One connection's. Both sides are one task: nothing here is contended.
#[derive(Debug, Default)]
pub(super) struct Signals {
    progress: AtomicU32,
    is_lingering: AtomicBool,
}

impl Signals {
    /// Bytes went one way or the other.
    pub(super) fn moved(&self) {
        let progress = self.progress.load(Ordering::Relaxed);
        self.progress
            .store(progress.wrapping_add(1), Ordering::Relaxed);
    }

    /// Another number than before when bytes have gone one way or the other since.
    pub(super) fn progress(&self) -> u32 {
        self.progress.load(Ordering::Relaxed)
    }

    /// The end of the connection has to wait for the client's.
    pub(super) fn linger(&self) {
        self.is_lingering.store(true, Ordering::Relaxed);
    }

    /// Whether it has to.
    pub(super) fn is_lingering(&self) -> bool {
        self.is_lingering.load(Ordering::Relaxed)
    }
}
