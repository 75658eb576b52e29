//! The grammar of versions, shared with requirements.

use super::{Identifier, Version};
use crate::text::shorten;

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version: {fault}")]
pub struct VersionError {
    /// The text, shortened if it is long.
    pub text: String,
    /// What is wrong with it.
    pub fault: VersionFault,
}

/// What can be wrong with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VersionFault {
    /// Fewer or more than three numbers.
    #[error("it must have three numbers, as in `1.0.0`")]
    NumberCount,
    /// One of the three numbers is empty or has something else than digits.
    #[error("its numbers must be digits only")]
    NotANumber,
    /// A number begins with a zero that says nothing.
    #[error("a number must not begin with 0")]
    LeadingZero,
    /// A number does not fit.
    #[error("a number must not be larger than 18446744073709551615")]
    NumberTooLarge,
    /// Nothing between two dots, or after `-` or `+`.
    #[error("a part after `-` or `+` is empty")]
    EmptyIdentifier,
    /// A character that a pre-release or a build may not have.
    #[error("after `-` and `+` there may be only letters, digits, hyphens and dots")]
    Character,
}

/// Whether the third number may be left out, as in `~> 1.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patch {
    Required,
    Optional,
}

/// Reads a version; says in addition whether the third number was there (else it is 0).
pub(crate) fn parse_with(text: &str, patch: Patch) -> Result<(Version, bool), VersionError> {
    read(text, patch).map_err(|fault| VersionError {
        text: shorten(text),
        fault,
    })
}

fn read(text: &str, patch: Patch) -> Result<(Version, bool), VersionFault> {
    let (rest, build) = split(text, '+');
    let (numbers, pre) = split(rest, '-');
    let mut numbers = numbers.split('.');
    let mut next = || numbers.next();
    let (Some(major), Some(minor), third, None) = (next(), next(), next(), next()) else {
        return Err(VersionFault::NumberCount);
    };
    if third.is_none() && patch == Patch::Required {
        return Err(VersionFault::NumberCount);
    }
    let version = Version {
        major: number(major)?,
        minor: number(minor)?,
        patch: third.map_or(Ok(0), number)?,
        pre: pre.map_or(Ok(Vec::new()), pre_release)?,
        build: build.map(build_metadata).transpose()?,
    };
    Ok((version, third.is_some()))
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn number(text: &str) -> Result<u64, VersionFault> {
    if !is_digits(text) {
        return Err(VersionFault::NotANumber);
    }
    digits_value(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits_value(digits: &str) -> Result<u64, VersionFault> {
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(VersionFault::LeadingZero);
    }
    digits.parse().map_err(|_| VersionFault::NumberTooLarge)
}

fn pre_release(text: &str) -> Result<Vec<Identifier>, VersionFault> {
    text.split('.')
        .map(|part| {
            check_identifier(part)?;
            if is_digits(part) {
                digits_value(part).map(Identifier::Number)
            } else {
                Ok(Identifier::Text(part.into()))
            }
        })
        .collect()
}

fn build_metadata(text: &str) -> Result<Box<str>, VersionFault> {
    text.split('.').try_for_each(check_identifier)?;
    Ok(text.into())
}

fn check_identifier(part: &str) -> Result<(), VersionFault> {
    if part.is_empty() {
        return Err(VersionFault::EmptyIdentifier);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !part.bytes().all(allowed) {
        return Err(VersionFault::Character);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_sentence() {
        for (text, fault) in [
            ("", VersionFault::NumberCount),
            ("1", VersionFault::NumberCount),
            ("1.0", VersionFault::NumberCount),
            ("1.0.0.0", VersionFault::NumberCount),
            ("1.0.", VersionFault::NotANumber),
            (" 1.0.0", VersionFault::NotANumber),
            ("1.0.0\n", VersionFault::NotANumber),
            ("v1.0.0", VersionFault::NotANumber),
            ("1.0.+1", VersionFault::NotANumber),
            ("1.01.0", VersionFault::LeadingZero),
            ("1.0.0-01", VersionFault::LeadingZero),
            ("18446744073709551616.0.0", VersionFault::NumberTooLarge),
            ("1.0.0-", VersionFault::EmptyIdentifier),
            ("1.0.0-a..b", VersionFault::EmptyIdentifier),
            ("1.0.0+", VersionFault::EmptyIdentifier),
            ("1.0.0-a_b", VersionFault::Character),
            ("1.0.0+a+b", VersionFault::Character),
            ("1.0.0-ä", VersionFault::Character),
        ] {
            assert_eq!(Version::parse(text).unwrap_err().fault, fault, "{text}");
        }
    }
}
