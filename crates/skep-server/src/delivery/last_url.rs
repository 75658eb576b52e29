//! The URL that was given out last, beside the file it is of: most requests need no other, and find it
//! without a look into a cache.

use arc_swap::ArcSwapOption;

use super::bucket::Bucket;
use super::{Asker, Delivery, Located, Mode, SignError, SignedUrl};
use crate::clock::Timestamp;
use crate::files::FileKey;

/// A place for one URL. Whoever finds another bucket's there puts the current one in its place.
#[derive(Debug, Default)]
pub struct LastUrl(ArcSwapOption<(Bucket, SignedUrl)>);

impl LastUrl {
    pub(super) fn get(&self, bucket: Bucket) -> Option<SignedUrl> {
        match &*self.0.load() {
            Some(last) if last.0 == bucket => Some(last.1.clone()),
            _ => None,
        }
    }

    pub(super) fn set(&self, bucket: Bucket, url: &SignedUrl) {
        self.0.store(Some((bucket, url.clone()).into()));
    }
}

impl Delivery {
    /// The URL of `file` that was kept in `last`, while it is the current one for everybody.
    #[must_use]
    pub fn last_url(&self, file: &FileKey, last: &LastUrl, now: Timestamp) -> Option<SignedUrl> {
        let url = last.get(Bucket::of(file, now, self.ttl_seconds))?;
        self.cache_use.hit();
        Some(url)
    }

    /// Where `file` is to be had now. A URL that everybody may have is kept in `last`.
    ///
    /// # Errors
    /// As for [`locate`](Self::locate).
    pub async fn locate_and_keep(
        &self,
        file: &FileKey,
        last: &LastUrl,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Located, SignError> {
        let located = self.locate(file, asker, now).await?;
        let is_for_all = match self.mode {
            Mode::LocalUrl | Mode::CloudFront(_) => !self.is_for_callers,
            // Some callers get none.
            Mode::Presign(_) | Mode::Direct | Mode::Accel(_) => false,
        };
        if let Located::Redirect(url) = &located
            && is_for_all
        {
            last.set(Bucket::of(file, now, self.ttl_seconds), url);
        }
        Ok(located)
    }
}
