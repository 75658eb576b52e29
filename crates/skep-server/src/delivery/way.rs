//! The ways a file can reach a client, by name: for usage and for metrics.

use super::{Delivery, Located, Mode};

/// How a request got its file: what the answer was, which is not always what is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Streamed by this server, also where a URL of the bucket would not have done.
    Direct,
    /// Redirected to this server.
    LocalUrl,
    /// Redirected to CloudFront.
    CloudFront,
    /// Redirected to the bucket.
    Presign,
    /// Sent by nginx.
    Accel,
}

impl Way {
    /// Every way; its place here is its code in the spool.
    pub const ALL: [Self; 5] = [
        Self::Direct,
        Self::LocalUrl,
        Self::CloudFront,
        Self::Presign,
        Self::Accel,
    ];

    /// The way in the database, in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::LocalUrl => "local_url",
            Self::CloudFront => "cloudfront",
            Self::Presign => "presign",
            Self::Accel => "accel",
        }
    }

    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl Delivery {
    /// The way on which a file that was located so reaches its client.
    #[must_use]
    pub const fn way(&self, located: &Located) -> Way {
        match (located, &self.mode) {
            (Located::Accel(_), _) => Way::Accel,
            (Located::Redirect(_), Mode::CloudFront(_)) => Way::CloudFront,
            (Located::Redirect(_), Mode::Presign(_)) => Way::Presign,
            (Located::Redirect(_), Mode::LocalUrl) => Way::LocalUrl,
            (Located::Stream | Located::Redirect(_), _) => Way::Direct,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_in_the_list_is_the_code() {
        for way in Way::ALL {
            assert_eq!(Way::from_code(way.code()), Some(way));
        }
        assert_eq!(Way::from_code(5), None);
    }
}
