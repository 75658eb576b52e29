//! Waiting without a runtime: cli_auth waits rarely and not for long, so a thread each will do.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

#[derive(Default)]
struct Shared {
    is_over: bool,
    waker: Option<Waker>,
}

/// How a driver lets time pass.
pub(super) trait Timer: Sync {
    fn wait(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Blocks the calling thread; its futures are done when first polled.
pub(super) struct BlockingTimer;

impl Timer for BlockingTimer {
    async fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Blocks a thread of its own.
pub(super) struct ThreadTimer;

impl Timer for ThreadTimer {
    async fn wait(&self, time: Duration) {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            std::thread::sleep(time);
            let mut shared = theirs.lock().unwrap_or_else(PoisonError::into_inner);
            shared.is_over = true;
            if let Some(waker) = shared.waker.take() {
                waker.wake();
            }
        });
        poll_fn(|context| {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if shared.is_over {
                return Poll::Ready(());
            }
            shared.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
