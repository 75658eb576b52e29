//! Whether to try again, and when.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::Options;
use crate::answer::retry_after_seconds;
use crate::http_client::SendError;

/// How long to wait before `attempt` (from 0) is followed by another one; nothing if it was the last one.
pub(super) fn wait(
    options: &Options,
    method: &Method,
    attempt: u32,
    result: &Result<Response<Bytes>, SendError>,
) -> Option<Duration> {
    if attempt >= options.retries {
        return None;
    }
    let asked = match result {
        // Nothing was sent.
        Err(SendError::Connect { .. }) => None,
        Err(SendError::Broken { .. }) if method.is_idempotent() => None,
        Ok(response) if method.is_idempotent() && is_overloaded(response.status()) => {
            retry_after_seconds(response.headers()).map(Duration::from_secs)
        }
        Ok(_) | Err(_) => return None,
    };
    match asked {
        Some(asked) => (asked <= options.max_backoff).then_some(asked),
        None => {
            let doubled = options.backoff.saturating_mul(1 << attempt.min(16));
            Some(doubled.mul_f64(spread()).min(options.max_backoff))
        }
    }
}

fn is_overloaded(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}

/// 0.75 to 1.25, so that clients that failed together do not come back together.
fn spread() -> f64 {
    let random = RandomState::new().build_hasher().finish() % 1024;
    0.75 + f64::from(u16::try_from(random).unwrap_or_default()) / 2048.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> Result<Response<Bytes>, SendError> {
        let mut response = Response::builder().status(status);
        if let Some(value) = retry_after {
            response = response.header("retry-after", value);
        }
        Ok(response.body(Bytes::new()).unwrap())
    }

    fn broken() -> Result<Response<Bytes>, SendError> {
        let url = crate::error::ShownUrl::new(&"http://x/".parse().unwrap());
        Err(SendError::Broken {
            url,
            source: "cut".into(),
        })
    }

    #[test]
    fn only_what_may_be_repeated_is() {
        let options = Options::default();
        let wait = |method: &Method, attempt, result| wait(&options, method, attempt, &result);
        assert!(wait(&Method::GET, 0, broken()).is_some());
        assert!(wait(&Method::GET, 1, answered(503, None)).is_some());
        assert!(wait(&Method::GET, 2, broken()).is_none());
        assert!(wait(&Method::POST, 0, broken()).is_none());
        assert!(wait(&Method::POST, 0, answered(503, Some("1"))).is_none());
        for status in [200, 304, 401, 404, 501] {
            assert!(wait(&Method::GET, 0, answered(status, None)).is_none());
        }
    }

    #[test]
    fn the_server_says_how_long() {
        let options = Options::default();
        let wait = |value| wait(&options, &Method::GET, 0, &answered(429, Some(value)));
        assert_eq!(wait("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait("3600"), None);
        assert!(wait("Fri, 31 Dec 1999 23:59:59 GMT").is_some());
    }

    #[test]
    fn waits_grow() {
        let options = Options {
            retries: 100,
            ..Options::default()
        };
        let wait = |attempt| {
            wait(&options, &Method::GET, attempt, &broken())
                .unwrap()
                .as_secs_f64()
        };
        assert!((0.375..=0.625).contains(&wait(0)));
        assert!((0.75..=1.25).contains(&wait(1)));
        assert!(wait(50) <= 20.0);
    }
}
