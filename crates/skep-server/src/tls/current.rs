//! The certificate in use, and how a newer one takes its place.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use super::{Doubt, Loaded, TlsError, load};
use crate::clock::Clock;
use crate::config;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The certificate that new connections get. What is not as good never replaces it.
#[derive(Debug)]
pub struct Current {
    files: config::Tls,
    url: String,
    clock: Clock,
    loaded: ArcSwap<Loaded>,
    /// The files when they were read.
    seen: Stamps,
    is_stale: AtomicBool,
    look: Notify,
}

/// What changes of two files when somebody replaces one. Nothing, when it cannot be seen.
type Stamps = [Option<(SystemTime, u64)>; 2];

impl Current {
    /// Reads the files of a configuration. What clients may have against the certificate is logged.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn open(files: &config::Tls, url: &str, clock: Clock) -> Result<Self, TlsError> {
        let seen = stamps(files);
        let loaded = load(files)?;
        for doubt in loaded.doubts(url, clock.now()) {
            tracing::warn!("{doubt}; `[server.tls] certificate_file` names it");
        }
        Ok(Self {
            files: files.clone(),
            url: url.to_owned(),
            clock,
            loaded: ArcSwap::from_pointee(loaded),
            seen,
            is_stale: AtomicBool::new(false),
            look: Notify::new(),
        })
    }

    /// The certificate in use.
    #[must_use]
    pub fn load(&self) -> Arc<Loaded> {
        self.loaded.load_full()
    }

    /// Whether there are newer files that cannot be used.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Relaxed)
    }

    /// Looks at the files now.
    pub fn look_now(&self) {
        self.look.notify_one();
    }

    /// Takes what is new in the files, until the future is dropped.
    pub async fn follow(&self) {
        let (mut used, mut before) = (self.seen, self.seen);
        let mut told = None;
        loop {
            let is_asked = tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => false,
                () = self.look.notified() => true,
            };
            let now = stamps(&self.files);
            // Somebody may be writing one, or about to write the other: they have to stay for a while.
            let is_settled = std::mem::replace(&mut before, now) == now;
            let is_used = now == used && !self.is_stale();
            if !is_asked && (is_used || !is_settled) {
                continue;
            }
            match self.renew() {
                Ok(()) => (used, told) = (now, None),
                // Told once; tried again, for its time may come.
                Err(why) if told != Some(now) => {
                    told = Some(now);
                    tracing::error!("the new certificate is not used, the old one stays: {why}");
                }
                Err(_) => {}
            }
        }
    }

    fn renew(&self) -> Result<(), String> {
        let renewed = self.replace();
        self.is_stale.store(renewed.is_err(), Ordering::Relaxed);
        renewed
    }

    fn replace(&self) -> Result<(), String> {
        let loaded = load(&self.files).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        })?;
        let doubts = loaded.doubts(&self.url, self.clock.now());
        if let Some(doubt) = doubts.iter().find(|doubt| doubt.is_refused())
            && !self.is_doubted_too()
        {
            return Err(doubt.to_string());
        }
        tracing::info!(until = %loaded.validity.not_after, "a new certificate is used");
        self.loaded.store(Arc::new(loaded));
        Ok(())
    }

    /// Whether clients refuse the certificate in use as well.
    fn is_doubted_too(&self) -> bool {
        let doubts = self.load().doubts(&self.url, self.clock.now());
        doubts.iter().any(Doubt::is_refused)
    }
}

fn stamps(files: &config::Tls) -> Stamps {
    [&files.certificate_file, &files.private_key_file].map(|path| stamp(path))
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs_err::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
