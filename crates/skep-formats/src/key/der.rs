//! The little of DER that RSA keys need.

use super::KeyError;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const ELLIPTIC_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// `AlgorithmIdentifier` of RSA: the object identifier and NULL parameters.
const RSA_ALGORITHM: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// The numbers of a public key, big-endian without leading zeros.
pub(super) struct PublicNumbers<'a> {
    pub(super) modulus: &'a [u8],
    pub(super) exponent: &'a [u8],
}

/// Reads `RSAPublicKey` (PKCS#1).
pub(super) fn pkcs1_public(der: &[u8]) -> Result<PublicNumbers<'_>, KeyError> {
    let mut numbers = Reader::whole(der, SEQUENCE)?;
    let public = PublicNumbers {
        modulus: numbers.unsigned()?,
        exponent: numbers.unsigned()?,
    };
    numbers.finish()?;
    Ok(public)
}

/// Reads the modulus of `RSAPrivateKey` (PKCS#1); the rest is left to the cryptographic library.
pub(super) fn pkcs1_private_modulus(der: &[u8]) -> Result<&[u8], KeyError> {
    let mut numbers = Reader::whole(der, SEQUENCE)?;
    numbers.element(INTEGER)?;
    numbers.unsigned()
}

/// Unwraps `SubjectPublicKeyInfo` of an RSA key: gives the PKCS#1 public key inside.
pub(super) fn spki_inner(der: &[u8]) -> Result<&[u8], KeyError> {
    let mut info = Reader::whole(der, SEQUENCE)?;
    check_algorithm(&mut info)?;
    let key = info.element(BIT_STRING)?;
    info.finish()?;
    key.strip_prefix(&[0]).ok_or(KeyError::Damaged)
}

/// Unwraps `PrivateKeyInfo` (PKCS#8) of an RSA key: gives the PKCS#1 private key inside.
pub(super) fn pkcs8_inner(der: &[u8]) -> Result<&[u8], KeyError> {
    let mut info = Reader::whole(der, SEQUENCE)?;
    info.element(INTEGER)?;
    check_algorithm(&mut info)?;
    info.element(OCTET_STRING)
}

fn check_algorithm(info: &mut Reader<'_>) -> Result<(), KeyError> {
    let mut algorithm = Reader(info.element(SEQUENCE)?);
    match algorithm.element(OBJECT_IDENTIFIER)? {
        RSA => Ok(()),
        RSA_PSS => Err(KeyError::NotRsa("an RSA key for PSS signatures only")),
        ELLIPTIC_CURVE => Err(KeyError::NotRsa("an elliptic-curve key")),
        ED25519 => Err(KeyError::NotRsa("an Ed25519 key")),
        _ => Err(KeyError::NotRsa("a key of another algorithm")),
    }
}

/// Writes `RSAPublicKey`.
pub(super) fn write_pkcs1_public(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&unsigned(modulus), &unsigned(exponent)])
}

/// Writes `SubjectPublicKeyInfo` around a PKCS#1 public key.
pub(super) fn write_spki(pkcs1: &[u8]) -> Vec<u8> {
    let key = element(BIT_STRING, &[&[0], pkcs1]);
    element(SEQUENCE, &[RSA_ALGORITHM, &key])
}

fn unsigned(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = match number.first() {
        Some(first) if *first < 0x80 => &[],
        _ => &[0],
    };
    element(INTEGER, &[sign, number])
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    let bytes = length.to_be_bytes();
    let significant = &bytes[(length.leading_zeros() / 8) as usize..];
    if length >= 0x80 {
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    } else {
        out.push(length as u8);
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// What is left of a structure.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Opens the one element that fills `der`.
    fn whole(der: &'a [u8], tag: u8) -> Result<Self, KeyError> {
        let mut reader = Reader(der);
        let content = reader.element(tag)?;
        reader.finish()?;
        Ok(Reader(content))
    }

    fn element(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let content = self.read(tag).ok_or(KeyError::Damaged)?;
        Ok(content)
    }

    fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, mut rest) = rest.split_first()?;
        let mut length = usize::from(*first);
        if *first >= 0x80 {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        (*found == tag).then_some(content)
    }

    /// An integer above zero, without its leading zeros.
    fn unsigned(&mut self) -> Result<&'a [u8], KeyError> {
        let number = self.element(INTEGER)?;
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let is_negative = number.first().is_some_and(|first| *first >= 0x80);
        let digits = &number[zeros..];
        if is_negative || digits.is_empty() {
            return Err(KeyError::Damaged);
        }
        Ok(digits)
    }

    fn finish(self) -> Result<(), KeyError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(KeyError::Damaged)
        }
    }
}
