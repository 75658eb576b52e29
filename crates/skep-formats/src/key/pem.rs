//! PEM: finding the key in a text, and writing one.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::KeyError;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const LINE: usize = 64;

/// One `BEGIN` … `END` block.
pub(super) struct Section {
    pub(super) label: String,
    /// What the base64 held; wiped, because it may be a private key.
    pub(super) der: Zeroizing<Vec<u8>>,
    /// Whether a header says that the content is encrypted.
    pub(super) is_encrypted: bool,
}

/// The first block of `text` that is a key; when none is, the first block.
pub(super) fn read(text: &[u8]) -> Result<Section, KeyError> {
    let text = str::from_utf8(text).map_err(|_| KeyError::NotPem)?;
    let mut lines = text.lines().map(str::trim);
    let mut first = None;
    while let Some(label) = lines.find_map(label) {
        let section = section(label, &mut lines)?;
        if label.ends_with("KEY") {
            return Ok(section);
        }
        first.get_or_insert(section);
    }
    first.ok_or(KeyError::NotPem)
}

/// The label of a `BEGIN` line. A whole key on one line is none: it must never end up in an error.
fn label(line: &str) -> Option<&str> {
    let label = line.strip_prefix(BEGIN)?.strip_suffix(DASHES)?;
    let is_label = label.len() <= LINE
        && label
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' '));
    is_label.then_some(label)
}

fn section<'a>(
    label: &str,
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<Section, KeyError> {
    let mut base64 = Zeroizing::new(Vec::new());
    let mut is_encrypted = false;
    for line in lines {
        if let Some(end) = line.strip_prefix(END) {
            if end.strip_suffix(DASHES) != Some(label) {
                return Err(KeyError::DamagedPem);
            }
            let der = BASE64.decode(&base64).map_err(|_| KeyError::DamagedPem)?;
            return Ok(Section {
                label: label.to_owned(),
                der: Zeroizing::new(der),
                is_encrypted,
            });
        }
        match line.split_once(':') {
            Some((name, value)) => is_encrypted |= name == "Proc-Type" && value.contains("ENCRYPT"),
            None => base64.extend_from_slice(line.as_bytes()),
        }
    }
    Err(KeyError::DamagedPem)
}

/// Writes `der` with lines of 64 characters and a line end after the last.
pub(super) fn write(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(BASE64.encode(der));
    let lines = base64.len().div_ceil(LINE);
    // Large enough from the start: growing would leave a copy of a private key behind.
    let length = base64.len() + lines + 2 * (label.len() + BEGIN.len() + DASHES.len() + 1);
    let mut text = Zeroizing::new(String::with_capacity(length));
    for part in [BEGIN, label, DASHES, "\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    for part in [END, label, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}
