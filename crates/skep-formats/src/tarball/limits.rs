//! How large a tarball may be.

/// Limits on a tarball, in bytes except for `files`. The default is what hex.pm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The file as it is sent.
    pub compressed: u64,
    /// What its contents unpack to, the tar's own headers included.
    pub unpacked: u64,
    /// The text of `metadata.config`.
    pub metadata: u64,
    /// How many files, directories and links the contents may have.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            compressed: 16 * 1024 * 1024,
            unpacked: 128 * 1024 * 1024,
            metadata: 1024 * 1024,
            files: 50_000,
        }
    }
}
