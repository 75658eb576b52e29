//! Terms to values.

use std::io::Read;

use flate2::read::ZlibDecoder;
use serde_json::{Map, Number, Value};

use super::{EtfError, MAX_DEPTH, MAX_TERMS};

/// The first byte of every body.
pub(super) const VERSION: u8 = 131;
/// The second byte of a compressed one.
const COMPRESSED: u8 = b'P';
/// How much of a name is repeated in an error, in characters.
const MAX_SHOWN: usize = 50;

/// Reads one term and nothing after it, compressed or not. `limit` counts the bytes of a compressed body
/// after unpacking; memory is bounded by it, by the length of `data` and by [`MAX_TERMS`].
pub fn decode(data: &[u8], limit: usize) -> Result<Value, EtfError> {
    match data {
        [VERSION, COMPRESSED, packed @ ..] => whole(&unpack(packed, limit)?, 0),
        [VERSION, ..] => whole(data, 1),
        _ => Err(EtfError::NotEtf),
    }
}

fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, EtfError> {
    let (size, packed) = packed
        .split_first_chunk()
        .ok_or(EtfError::Truncated { offset: 2 })?;
    let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
    if size > limit {
        return Err(EtfError::TooLarge { limit });
    }
    let mut out = Vec::new();
    // One byte more than it says shows that it lies.
    ZlibDecoder::new(packed)
        .take(size as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| EtfError::Corrupt)?;
    match out.len() == size {
        true => Ok(out),
        false => Err(EtfError::Corrupt),
    }
}

fn whole(data: &[u8], start: usize) -> Result<Value, EtfError> {
    let mut reader = Reader {
        data,
        offset: start,
        terms: 0,
    };
    let value = reader.term(0)?;
    match reader.offset == data.len() {
        true => Ok(value),
        false => Err(EtfError::Trailing {
            offset: reader.offset,
        }),
    }
}

struct Reader<'a> {
    data: &'a [u8],
    offset: usize,
    terms: usize,
}

impl<'a> Reader<'a> {
    fn term(&mut self, depth: usize) -> Result<Value, EtfError> {
        if depth > MAX_DEPTH {
            return Err(EtfError::TooDeep);
        }
        self.count(1)?;
        let start = self.offset;
        Ok(match self.byte()? {
            b'a' => Value::from(self.byte()?),
            b'b' => Value::from(i32::from_be_bytes(self.array()?)),
            b'F' => self.float(start)?,
            b'n' => {
                let length = usize::from(self.byte()?);
                self.big(start, length)?
            }
            b'o' => {
                let length = self.length()?;
                self.big(start, length)?
            }
            b'd' | b'v' => {
                let length = u16::from_be_bytes(self.array()?);
                self.atom(start, usize::from(length))?
            }
            b's' | b'w' => {
                let length = usize::from(self.byte()?);
                self.atom(start, length)?
            }
            b'm' => Value::from(self.text(start)?),
            b'j' => Value::Array(Vec::new()),
            b'k' => self.string()?,
            b'l' => self.list(depth)?,
            b't' => self.map(depth)?,
            tag => return Err(EtfError::IllegalTerm { tag, offset: start }),
        })
    }

    fn count(&mut self, terms: usize) -> Result<(), EtfError> {
        self.terms = self.terms.saturating_add(terms);
        match self.terms > MAX_TERMS {
            true => Err(EtfError::TooMany),
            false => Ok(()),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], EtfError> {
        let rest = &self.data[self.offset..];
        let taken = rest.get(..length).ok_or(EtfError::Truncated {
            offset: self.data.len(),
        })?;
        self.offset += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EtfError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, EtfError> {
        Ok(self.array::<1>()?[0])
    }

    fn length(&mut self) -> Result<usize, EtfError> {
        let length = u32::from_be_bytes(self.array()?);
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn float(&mut self, offset: usize) -> Result<Value, EtfError> {
        let float = f64::from_be_bytes(self.array()?);
        Number::from_f64(float)
            .map(Value::Number)
            .ok_or(EtfError::NotFinite { offset })
    }

    fn big(&mut self, offset: usize, length: usize) -> Result<Value, EtfError> {
        let negative = self.byte()? != 0;
        let digits = self.take(length)?;
        let mut magnitude = 0_u128;
        for (index, digit) in digits.iter().enumerate().filter(|(_, digit)| **digit != 0) {
            if index >= size_of::<u64>() {
                return Err(EtfError::IntegerTooLarge { offset });
            }
            magnitude |= u128::from(*digit) << (8 * index);
        }
        let magnitude = i128::try_from(magnitude).expect("64 bits fit");
        let integer = if negative { -magnitude } else { magnitude };
        Number::from_i128(integer)
            .map(Value::Number)
            .ok_or(EtfError::IntegerTooLarge { offset })
    }

    fn atom(&mut self, offset: usize, length: usize) -> Result<Value, EtfError> {
        match self.take(length)? {
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            b"nil" => Ok(Value::Null),
            other => Err(EtfError::IllegalAtom {
                atom: shown(&String::from_utf8_lossy(other)),
                offset,
            }),
        }
    }

    fn text(&mut self, offset: usize) -> Result<&'a str, EtfError> {
        let length = self.length()?;
        str::from_utf8(self.take(length)?).map_err(|_| EtfError::NotText { offset })
    }

    fn string(&mut self) -> Result<Value, EtfError> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        self.count(length)?;
        let bytes = self.take(length)?;
        Ok(bytes.iter().copied().map(Value::from).collect())
    }

    fn list(&mut self, depth: usize) -> Result<Value, EtfError> {
        let length = self.length()?;
        // Not reserved: the length is only what the sender says.
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(self.term(depth + 1)?);
        }
        let offset = self.offset;
        match self.byte()? {
            b'j' => Ok(Value::Array(items)),
            _ => Err(EtfError::ImproperList { offset }),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, EtfError> {
        let length = self.length()?;
        let mut entries = Map::new();
        for _ in 0..length {
            let offset = self.offset;
            self.count(1)?;
            if self.byte()? != b'm' {
                return Err(EtfError::IllegalKey { offset });
            }
            let key = self.text(offset)?;
            let value = self.term(depth + 1)?;
            if entries.insert(key.to_owned(), value).is_some() {
                let key = shown(key);
                return Err(EtfError::DuplicateKey { key });
            }
        }
        Ok(Value::Object(entries))
    }
}

fn shown(text: &str) -> String {
    let clean = text.chars().filter(|character| !character.is_control());
    clean.take(MAX_SHOWN).collect()
}
