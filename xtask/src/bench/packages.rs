//! Made-up releases, the same bytes on every run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use skep_formats::tarball::{Limits, Metadata, Requirement, create};

/// A release whose tarball has been written.
#[derive(Debug, Clone)]
pub(super) struct Release {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) file: PathBuf,
}

/// Numbers that look random and are the same on every run (xorshift64*).
#[derive(Debug)]
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Writes so many tarballs of so many packages into a new folder.
pub(super) fn make(folder: &Path, packages: usize, releases: usize) -> Result<Vec<Release>> {
    fs::create_dir_all(folder)?;
    (0..releases)
        .map(|number| {
            let package = format!("package_{:04}", number % packages);
            write(folder, &package, number / packages, number as u64)
        })
        .collect()
}

/// Writes one more: a new package whose name no other has.
pub(super) fn make_new(folder: &Path, number: usize) -> Result<Release> {
    fs::create_dir_all(folder)?;
    write(
        folder,
        &format!("newcomer_{number:04}"),
        0,
        1_000_000 + number as u64,
    )
}

/// Writes so many more, of packages of their own: each has so many KiB as a tarball, give or take a tenth.
pub(super) fn make_sized(folder: &Path, count: usize, (least, most): (usize, usize)) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut numbers = Numbers::new(4_664);
    for number in 0..count {
        let kib = least + numbers.below(most - least + 1);
        let package = format!("sized_{number:04}");
        let files = sized_files(&package, kib, &mut numbers);
        write_files(folder, &package, 0, &files)?;
    }
    Ok(())
}

fn write(folder: &Path, package: &str, minor: usize, seed: u64) -> Result<Release> {
    let files = files(package, &mut Numbers::new(seed));
    write_files(folder, package, minor, &files)
}

fn write_files(
    folder: &Path,
    package: &str,
    minor: usize,
    files: &[(String, String)],
) -> Result<Release> {
    let version = format!("1.{minor}.0");
    let mut metadata = Metadata::new(package, &version);
    metadata.app = Some(package.to_owned());
    metadata.description = Some(format!("The made-up package {package}"));
    metadata.build_tools = vec!["mix".to_owned()];
    metadata.files = files.iter().map(|(path, _)| path.clone()).collect();
    metadata.licenses = vec!["Apache-2.0".to_owned()];
    metadata.requirements = vec![requirement("package_0000"), requirement("package_0001")];
    let contents = files
        .iter()
        .map(|(path, content)| (path, 0o644, content.as_bytes()));
    let created = create(&metadata, contents, &Limits::default())?;
    let file = folder.join(format!("{package}-{version}.tar"));
    fs::write(&file, created.tarball).with_context(|| file.display().to_string())?;
    Ok(Release {
        package: package.to_owned(),
        version,
        file,
    })
}

fn requirement(package: &str) -> Requirement {
    Requirement {
        name: package.to_owned(),
        app: package.to_owned(),
        optional: false,
        requirement: "~> 1.0".to_owned(),
        repository: None,
    }
}

/// Modules that make a tarball of so many KiB: gzip makes two thirds of one of each, and the tarball's own
/// headers and metadata are a further 4.
fn sized_files(package: &str, kib: usize, numbers: &mut Numbers) -> Vec<(String, String)> {
    let modules = (kib.saturating_sub(4) * 3 / 2).max(1);
    (0..modules)
        .map(|module| {
            let path = format!("lib/{package}/m{module}.ex");
            (path, module_text(package, module, numbers))
        })
        .collect()
}

/// Six modules of some ten kilobytes in all, which gzip makes a third of.
fn files(package: &str, numbers: &mut Numbers) -> Vec<(String, String)> {
    (0..6)
        .map(|module| {
            (
                format!("lib/{package}/m{module}.ex"),
                module_text(package, module, numbers),
            )
        })
        .collect()
}

fn module_text(package: &str, module: usize, numbers: &mut Numbers) -> String {
    let mut text = format!("defmodule {package}.M{module} do\n");
    for function in 0..40 {
        let value = numbers.next();
        text.push_str(&format!("  def f{function}(x), do: x + {value}\n"));
    }
    text.push_str("end\n");
    text
}
