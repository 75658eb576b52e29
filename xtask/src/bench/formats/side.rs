//! Our side of [`formats`](super), in a process of its own: prints the microseconds of
//! processor time of a pass.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use skep_formats::{
    key::PublicKey,
    registry::Versions,
    tarball::{Limits, Sink, unpack},
};

/// As many as the other side's.
const PASSES: u64 = 8;

/// Runs one of the tasks.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["tarballs", folder] => tarballs(Path::new(folder)),
        ["versions", file, key] => versions(Path::new(file), Path::new(key)),
        _ => bail!("no such task"),
    }
}

fn tarballs(folder: &Path) -> Result<()> {
    let mut tarballs = Vec::new();
    for entry in fs::read_dir(folder)? {
        tarballs.push(fs::read(entry?.path())?);
    }
    report(|| {
        for tarball in &tarballs {
            let unpacked = unpack(tarball.as_slice(), &Limits::default(), Sink::Discard)?;
            ensure!(!unpacked.files.is_empty(), "a package without files");
        }
        Ok(())
    })
}

fn versions(file: &Path, key: &Path) -> Result<()> {
    let (file, key) = (fs::read(file)?, fs::read_to_string(key)?);
    report(|| {
        let key = PublicKey::from_pem(&key).context("a public key")?;
        let versions = Versions::open(&file, &key, "bench")?;
        ensure!(!versions.packages.is_empty(), "no packages");
        Ok(versions)
    })
}

/// The mean of some passes after the first, dropping what a pass gives included.
fn report<T>(pass: impl Fn() -> Result<T>) -> Result<()> {
    drop(pass()?);
    let before = processor_micros()?;
    for _ in 0..PASSES {
        drop(pass()?);
    }
    println!("{}", (processor_micros()? - before) / PASSES);
    Ok(())
}

/// How long our one thread has been running. Time does not tell: others want the core as well.
fn processor_micros() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    let nanos = text.split(' ').next().context("an empty schedstat")?;
    Ok(nanos.parse::<u64>()? / 1_000)
}
