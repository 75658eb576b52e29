//! Names too long for the header of a tar.

use std::io::Read;

use tar::{Entry, EntryType, PaxExtensions};

use super::{ContentsError, Reading};

/// The longest extension record (a long name, PAX attributes) that is read into memory.
const MAX_EXTENSION: u64 = 64 * 1024;

/// Names too long for a header, which stand in entries of their own before it. Read here and not by
/// the tar library, which would hold an entry of any size in memory.
#[derive(Default)]
pub(super) struct LongNames {
    pub(super) path: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
}

impl LongNames {
    pub(super) fn is_some(&self) -> bool {
        self.path.is_some() || self.target.is_some()
    }

    /// Whether `entry` is such an entry.
    pub(super) fn take(
        &mut self,
        entry: &mut Entry<impl Read>,
        reading: &Reading<'_, '_>,
    ) -> Result<bool, ContentsError> {
        let kind = entry.header().entry_type();
        let is_extension = matches!(
            kind,
            EntryType::XHeader
                | EntryType::XGlobalHeader
                | EntryType::GNULongName
                | EntryType::GNULongLink
        );
        if !is_extension {
            return Ok(false);
        }
        let corrupt = |what: &str| ContentsError::CorruptTar(what.to_owned());
        if entry.size() > MAX_EXTENSION {
            return Err(corrupt("an extension header is too long"));
        }
        let (size, mut data) = (entry.size(), Vec::new());
        entry
            .read_to_end(&mut data)
            .map_err(|error| reading.fault(error))?;
        if data.len() as u64 != size {
            return Err(ContentsError::TruncatedTar);
        }
        match kind {
            EntryType::GNULongName => self.path = Some(until_nul(data)),
            EntryType::GNULongLink => self.target = Some(until_nul(data)),
            EntryType::XGlobalHeader => self.pax(&data, true)?,
            _ => self.pax(&data, false)?,
        }
        Ok(true)
    }

    fn pax(&mut self, data: &[u8], is_global: bool) -> Result<(), ContentsError> {
        for record in PaxExtensions::new(data) {
            let record = record.map_err(|error| ContentsError::CorruptTar(error.to_string()))?;
            match record.key_bytes() {
                // Readers disagree about both of these; whoever writes them wants that.
                b"size" => {
                    return Err(ContentsError::CorruptTar(
                        "a PAX header sets a size".to_owned(),
                    ));
                }
                b"path" | b"linkpath" if is_global => {
                    return Err(ContentsError::CorruptTar(
                        "a global PAX header sets a path".to_owned(),
                    ));
                }
                b"path" => self.path = Some(record.value_bytes().to_vec()),
                b"linkpath" => self.target = Some(record.value_bytes().to_vec()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn until_nul(mut data: Vec<u8>) -> Vec<u8> {
    let end = data.iter().position(|byte| *byte == 0);
    data.truncate(end.unwrap_or(data.len()));
    data
}
