//! Reading or changing.

/// Reading, or changing as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Only reading.
    Read,
    /// Changing, which includes reading.
    Write,
}

impl Access {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Whether whoever has this has `needed`.
    #[must_use]
    pub const fn includes(self, needed: Self) -> bool {
        matches!((self, needed), (Self::Write, _) | (_, Self::Read))
    }
}

pub(super) fn parse_access(text: &str) -> Option<Access> {
    match text {
        "read" => Some(Access::Read),
        "write" => Some(Access::Write),
        _ => None,
    }
}
