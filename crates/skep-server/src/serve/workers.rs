//! Threads that answer: each has connections of its own, its own queue of what is ready and its own list
//! of sockets to watch, so that a request is read, answered and written without waking another thread.
//! What is slow goes to threads for that (`spawn_blocking`), as everywhere.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// One thread for each processor. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Workers {
    threads: Box<[Handle]>,
    next: AtomicUsize,
    _stop: DropGuard,
}

impl Workers {
    /// Starts the threads. Where the operating system has no more of them, connections are served by
    /// fewer, or by the caller's own.
    pub(super) fn start() -> Self {
        let stop = CancellationToken::new();
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            match start(number, stop.clone()) {
                Ok(thread) => threads.push(thread),
                Err(error) => tracing::warn!(%error, "a thread for connections cannot be started"),
            }
        }
        if threads.is_empty() {
            threads.push(Handle::current());
        }
        Self {
            threads: threads.into(),
            next: AtomicUsize::new(0),
            _stop: stop.drop_guard(),
        }
    }

    /// Runs a connection to its end on one of the threads, each in turn.
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.threads[turn % self.threads.len()].spawn(connection);
    }
}

fn start(number: usize, stop: CancellationToken) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(format!("skep-worker-{number}"))
        .spawn(move || {
            runtime.block_on(stop.cancelled());
            // Whatever still runs was given its time before.
            runtime.shutdown_background();
        })?;
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn every_thread_gets_its_turn() {
        let workers = Workers::start();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let count = workers.threads.len();
        for _ in 0..2 * count {
            let sender = sender.clone();
            workers.spawn(async move {
                let _ = sender.send(thread::current().id());
            });
        }
        drop(sender);
        let mut seen = Vec::new();
        while let Some(thread) = receiver.recv().await {
            seen.push(thread);
        }
        assert_eq!(seen.len(), 2 * count);
        assert!(!seen.contains(&thread::current().id()));
        let distinct: std::collections::HashSet<_> = seen.into_iter().collect();
        assert_eq!(distinct.len(), count);
    }
}
