//! One word to every connection: it is rung once, and whoever waits for it hears it. Waiting costs a
//! connection that is busy one look at a flag for each of its turns; a lock is taken when it begins and ends.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Not rung yet, or rung for ever.
#[derive(Debug, Default)]
pub(super) struct Bell {
    is_rung: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    wakers: HashMap<u64, Waker>,
}

impl Bell {
    /// Wakes everybody who waits. Whoever waits from now on hears it at once.
    pub(super) fn ring(&self) {
        self.is_rung.store(true, Ordering::SeqCst);
        let wakers = std::mem::take(&mut self.waiting().wakers);
        wakers.into_values().for_each(Waker::wake);
    }

    /// Ready once it is rung.
    pub(super) const fn rung(&self) -> Rung<'_> {
        Rung {
            bell: self,
            place: None,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a [`Bell`].
#[derive(Debug)]
pub(super) struct Rung<'a> {
    bell: &'a Bell,
    place: Option<(u64, Waker)>,
}

impl Future for Rung<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.bell.is_rung.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        if let Some((_, waker)) = &self.place
            && waker.will_wake(context.waker())
        {
            return Poll::Pending;
        }
        let waker = context.waker().clone();
        let mut waiting = self.bell.waiting();
        // Rung in between, it has taken the wakers and does not come again.
        if self.bell.is_rung.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        let place = match &self.place {
            Some((place, _)) => *place,
            None => {
                waiting.next += 1;
                waiting.next
            }
        };
        waiting.wakers.insert(place, waker.clone());
        drop(waiting);
        self.place = Some((place, waker));
        Poll::Pending
    }
}

impl Drop for Rung<'_> {
    fn drop(&mut self) {
        if let Some((place, _)) = &self.place {
            self.bell.waiting().wakers.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn everybody_hears_it_early_and_late() {
        let bell = Arc::new(Bell::default());
        let early: Vec<_> = (0..3)
            .map(|_| {
                let bell = Arc::clone(&bell);
                tokio::spawn(async move { bell.rung().await })
            })
            .collect();
        while bell.waiting().wakers.len() < 3 {
            tokio::task::yield_now().await;
        }
        bell.ring();
        for waiting in early {
            waiting.await.unwrap();
        }
        bell.rung().await;
        assert!(bell.waiting().wakers.is_empty());
    }

    #[test]
    fn whoever_goes_away_is_forgotten() {
        let bell = Bell::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut rung = Box::pin(bell.rung());
        for _ in 0..2 {
            assert!(rung.as_mut().poll(&mut context).is_pending());
            assert_eq!(bell.waiting().wakers.len(), 1);
        }
        drop(rung);
        assert!(bell.waiting().wakers.is_empty());
    }
}
