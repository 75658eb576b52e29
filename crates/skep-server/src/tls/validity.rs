//! From when until when a certificate is good: the one thing in it that rustls does not tell.

use time::{Date, Month, PrimitiveDateTime, Time};

use crate::clock::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0]`, in which the version is.
const VERSION: u8 = 0xa0;

/// Both ends, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

impl Validity {
    /// That of an X.509 certificate in DER; `None` when it is none.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let mut outer = Reader(certificate);
        let mut whole = Reader(outer.take(SEQUENCE)?);
        let mut fields = Reader(whole.take(SEQUENCE)?);
        if fields.0.first() == Some(&VERSION) {
            fields.take(VERSION)?;
        }
        // The serial number, the algorithm, the issuer.
        fields.take(INTEGER)?;
        fields.take(SEQUENCE)?;
        fields.take(SEQUENCE)?;
        let mut validity = Reader(fields.take(SEQUENCE)?);
        Some(Self {
            not_before: validity.moment()?,
            not_after: validity.moment()?,
        })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next value, which has to be of this kind.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match usize::from(first) {
            short @ 0..=0x7f => (short, rest),
            long => {
                let (digits, rest) = rest.split_at_checked(long - 0x80)?;
                // Nothing is longer than four bytes can say.
                let is_fine = (1..=4).contains(&digits.len());
                let length = digits
                    .iter()
                    .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
                is_fine.then_some((length, rest))?
            }
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (found == tag).then_some(contents)
    }

    fn moment(&mut self) -> Option<Timestamp> {
        match *self.0.first()? {
            UTC_TIME => {
                let digits = self.take(UTC_TIME)?.strip_suffix(b"Z")?;
                // As RFC 5280 has it: 50 to 99 are of the last century.
                let year = number(digits.get(..2)?)?;
                moment(
                    if year < 50 { 2000 + year } else { 1900 + year },
                    &digits[2..],
                )
            }
            _ => {
                let digits = self.take(GENERALIZED_TIME)?.strip_suffix(b"Z")?;
                moment(number(digits.get(..4)?)?, &digits[4..])
            }
        }
    }
}

/// A year, and `MMDDHHMMSS`.
fn moment(year: u16, digits: &[u8]) -> Option<Timestamp> {
    if digits.len() != 10 {
        return None;
    }
    let mut pairs = digits
        .chunks(2)
        .map(|pair| number(pair).and_then(|it| u8::try_from(it).ok()));
    let mut next = || pairs.next()?;
    let month = Month::try_from(next()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, next()?).ok()?;
    let time = Time::from_hms(next()?, next()?, next()?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc().into())
}

fn number(digits: &[u8]) -> Option<u16> {
    let is_fine = digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok()?;
    is_fine.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
        let length = u8::try_from(contents.len()).unwrap();
        assert!(length < 0x80, "a short one");
        [&[tag, length], contents].concat()
    }

    fn certificate(validity: &[u8]) -> Vec<u8> {
        let fields = [
            value(VERSION, &value(INTEGER, &[2])),
            value(INTEGER, &[1]),
            value(SEQUENCE, &[]),
            value(SEQUENCE, &[]),
            value(SEQUENCE, validity),
        ];
        value(SEQUENCE, &value(SEQUENCE, &fields.concat()))
    }

    #[test]
    fn both_ways_of_writing_a_moment_are_read() {
        let validity = [
            value(UTC_TIME, b"491231235959Z"),
            value(GENERALIZED_TIME, b"20500101000000Z"),
        ];
        let found = Validity::of(&certificate(&validity.concat())).unwrap();
        assert_eq!(found.not_before.to_string(), "2049-12-31T23:59:59Z");
        assert_eq!(found.not_after.to_string(), "2050-01-01T00:00:00Z");
        let last_century = value(UTC_TIME, b"500101000000Z");
        let found = Validity::of(&certificate(&last_century.repeat(2))).unwrap();
        assert_eq!(found.not_before.to_string(), "1950-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_certificate_has_none() {
        let whole = certificate(&value(UTC_TIME, b"491231235959Z").repeat(2));
        assert!(Validity::of(&whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(Validity::of(&whole[..length]), None, "{length}");
        }
        for wrong in [
            "491331235959Z",
            "4912312359Z",
            "49123123595Z",
            "+91231235959Z",
            "",
        ] {
            let validity = value(UTC_TIME, wrong.as_bytes()).repeat(2);
            assert_eq!(Validity::of(&certificate(&validity)), None, "{wrong}");
        }
        assert_eq!(Validity::of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(Validity::of(&[0x30, 0x80]), None);
    }
}
