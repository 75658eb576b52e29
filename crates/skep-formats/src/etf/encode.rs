//! Values to terms.

use serde_json::{Map, Number, Value};

/// Writes `value` as `term_to_binary` of Erlang/OTP 25 does: text as binaries, null as `nil`, the keys of
/// a map in their order. Equal values give equal bytes.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = vec![super::decode::VERSION];
    term(&mut out, value);
    out
}

fn term(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => atom(out, "nil"),
        Value::Bool(true) => atom(out, "true"),
        Value::Bool(false) => atom(out, "false"),
        Value::Number(number) => self::number(out, number),
        Value::String(text) => binary(out, text),
        Value::Array(items) => list(out, items),
        Value::Object(entries) => map(out, entries),
    }
}

fn atom(out: &mut Vec<u8>, name: &str) {
    out.push(b'd');
    out.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(name.as_bytes());
}

fn number(out: &mut Vec<u8>, number: &Number) {
    if let Some(small) = number.as_u64().and_then(|number| u8::try_from(number).ok()) {
        out.extend([b'a', small]);
    } else if let Some(integer) = number.as_i64() {
        match i32::try_from(integer) {
            Ok(integer) => {
                out.push(b'b');
                out.extend(integer.to_be_bytes());
            }
            Err(_) => big(out, integer < 0, integer.unsigned_abs()),
        }
    } else if let Some(integer) = number.as_u64() {
        big(out, false, integer);
    } else {
        out.push(b'F');
        out.extend(number.as_f64().unwrap_or_default().to_be_bytes());
    }
}

fn big(out: &mut Vec<u8>, negative: bool, magnitude: u64) {
    let digits = magnitude.to_le_bytes();
    let length = digits.len() - magnitude.leading_zeros() as usize / 8;
    out.push(b'n');
    out.push(u8::try_from(length).expect("a 64-bit number has at most 8 bytes"));
    out.push(u8::from(negative));
    out.extend(&digits[..length]);
}

fn binary(out: &mut Vec<u8>, text: &str) {
    out.push(b'm');
    length(out, text.len());
    out.extend(text.as_bytes());
}

fn list(out: &mut Vec<u8>, items: &[Value]) {
    if items.is_empty() {
        return out.push(b'j');
    }
    if let Some(bytes) = as_bytes(items) {
        let length = u16::try_from(bytes.len()).expect("longer ones are no strings");
        out.push(b'k');
        out.extend(length.to_be_bytes());
        return out.extend(bytes);
    }
    out.push(b'l');
    length(out, items.len());
    for item in items {
        term(out, item);
    }
    out.push(b'j');
}

/// A short list of small numbers, which Erlang writes as a string.
fn as_bytes(items: &[Value]) -> Option<Vec<u8>> {
    let is_short = items.len() <= usize::from(u16::MAX);
    let byte = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
    is_short.then(|| items.iter().map(byte).collect()).flatten()
}

fn map(out: &mut Vec<u8>, entries: &Map<String, Value>) {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push(b't');
    length(out, entries.len());
    for (key, value) in entries {
        binary(out, key);
        term(out, value);
    }
}

fn length(out: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("a body is far smaller than 4 GiB");
    out.extend(length.to_be_bytes());
}
