//! What is sent with a request.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// Hears how much has been sent: the bytes so far and all of them. Must return soon.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// What is sent with a request: bytes, shared rather than copied, and who wants to hear how far they are.
///
/// `Debug` shows the length only; a body may hold a token.
#[derive(Clone, Default)]
pub struct Body {
    bytes: Bytes,
    progress: Option<Progress>,
}

impl Body {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Tells `progress` while the body is sent. A retry begins again at 0.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Who wants to hear how far sending is.
    pub fn progress(&self) -> Option<&Progress> {
        self.progress.as_ref()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<B: Into<Bytes>> From<B> for Body {
    fn from(bytes: B) -> Self {
        Self {
            bytes: bytes.into(),
            progress: None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.bytes.len())
    }
}
