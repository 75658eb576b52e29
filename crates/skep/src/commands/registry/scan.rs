//! What is on disk: names, sizes and times, nothing is opened.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use fs_err::DirEntry;
use rayon::prelude::*;
use skep_formats::name::PackageName;
use skep_formats::version::Version;

use super::folder::Folder;
use super::manifest::Stamp;
use super::report::Fault;

/// A tarball by its name, `NAME-VERSION.tar`.
#[derive(Debug, Clone)]
pub(super) struct Tarball {
    pub(super) version: Version,
    /// The version as the file's name has it.
    pub(super) text: String,
    pub(super) stamp: Stamp,
}

/// All tarballs by package, each package's by version; and files that have no such name.
#[derive(Debug, Default)]
pub(super) struct Tarballs {
    pub(super) packages: BTreeMap<String, Vec<Tarball>>,
    pub(super) faults: Vec<Fault>,
}

impl Tarballs {
    pub(super) fn scan(folder: &Folder) -> anyhow::Result<Self> {
        let mut found = Self::default();
        for (file, entry) in look_into(&folder.tarballs(), |name| name.ends_with(".tar"))? {
            match named(&file, &entry) {
                Ok((package, tarball)) => {
                    found.packages.entry(package).or_default().push(tarball);
                }
                Err(fault) => found
                    .faults
                    .push(Fault::text(format!("tarballs/{file}"), fault)),
            }
        }
        for tarballs in found.packages.values_mut() {
            // By the text too: versions that differ in their build only are equal.
            tarballs.sort_by(|a, b| (&a.version, &a.text).cmp(&(&b.version, &b.text)));
        }
        Ok(found)
    }
}

/// The files in `packages`.
pub(super) fn package_files(folder: &Folder) -> anyhow::Result<HashMap<String, Stamp>> {
    let found = look_into(&folder.packages(), |_| true)?.into_iter();
    let files = found.filter_map(|(name, entry)| match entry {
        Found::File(stamp) => Some((name, stamp)),
        Found::Other => None,
    });
    Ok(files.collect())
}

fn named(file: &str, entry: &Found) -> Result<(String, Tarball), String> {
    let stem = file.strip_suffix(".tar").unwrap_or(file);
    let parts = stem.split_once('-');
    let (name, text) = parts.ok_or("its name is not NAME-VERSION.tar")?;
    let name = PackageName::parse(name).map_err(|error| error.to_string())?;
    let version = Version::parse(text).map_err(|error| error.to_string())?;
    let Found::File(stamp) = *entry else {
        return Err("it is not a file".to_owned());
    };
    let text = text.to_owned();
    let tarball = Tarball {
        version,
        text,
        stamp,
    };
    Ok((name.as_str().to_owned(), tarball))
}

/// Every entry that is wanted and not hidden. A directory that is not there is empty.
fn look_into(
    directory: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> io::Result<Vec<(String, Found)>> {
    let entries = match fs_err::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut wanted = Vec::new();
    for entry in entries {
        let entry = entry?;
        // Names that are not text are nobody's package; they are shown as well as can be.
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && is_wanted(&name) {
            wanted.push((name, entry));
        }
    }
    let found = wanted
        .into_par_iter()
        .filter_map(|(name, entry)| Some(look(&entry).transpose()?.map(|found| (name, found))));
    let mut found: Vec<_> = found.collect::<io::Result<_>>()?;
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// What a name in a directory stands for.
enum Found {
    File(Stamp),
    Other,
}

/// Nothing if it is gone by now.
fn look(entry: &DirEntry) -> io::Result<Option<Found>> {
    let metadata = match entry.metadata() {
        // The entry's own metadata is cheaper, but is the link's if it is one.
        Ok(metadata) if metadata.is_symlink() => fs_err::metadata(entry.path()),
        other => other,
    };
    match metadata {
        Ok(metadata) if metadata.is_file() => Ok(Some(Found::File(Stamp::of(&metadata)))),
        Ok(_) => Ok(Some(Found::Other)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
