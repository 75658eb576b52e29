//! hex_core, built from a checkout that is given: nothing of it is part of this project.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{super::measure::timed, Task, one_core, seconds};
use crate::process::on_path;

/// Where a checkout of <https://github.com/hexpm/hex_core> is.
const CHECKOUT: &str = "SKEP_HEX_CORE";
const SIDE: &str = include_str!("reference.erl");

/// The reference implementation, compiled.
#[derive(Debug)]
pub(super) struct Reference {
    compiled: PathBuf,
}

impl Reference {
    /// Compiles it into a new folder.
    ///
    /// # Errors
    /// There is no Erlang or no checkout, or it does not compile.
    pub(super) fn build(folder: &Path) -> Result<Self> {
        if !on_path("erlc") {
            bail!("Erlang is not installed (`apt-get install erlang-dev erlang-public-key`)");
        }
        let Some(checkout) = std::env::var_os(CHECKOUT) else {
            bail!("{CHECKOUT} does not name a checkout of hexpm/hex_core");
        };
        let sources = Path::new(&checkout).join("src");
        fs::create_dir_all(folder)?;
        let side = folder.join("reference.erl");
        fs::write(&side, SIDE)?;
        // Some of it is generated: first that, then all.
        let generated: Vec<PathBuf> = with_extension(&sources, "xrl")?;
        for grammar in &generated {
            timed(Command::new("erlc").arg("-o").arg(folder).arg(grammar))?;
        }
        let mut modules = with_extension(&sources, "erl")?;
        modules.extend(with_extension(folder, "erl")?);
        timed(
            Command::new("erlc")
                .arg("-I")
                .arg(&sources)
                .arg("-o")
                .arg(folder)
                .args(&modules),
        )?;
        Ok(Self {
            compiled: folder.to_owned(),
        })
    }

    /// The time of a task, in seconds.
    pub(super) fn seconds(&self, task: &Task<'_>) -> Result<f64> {
        let mut command = one_core(Path::new("erl"));
        command
            .args(["+S", "1:1", "-noshell", "-pa"])
            .arg(&self.compiled)
            .args(["-run", "reference", task.0])
            .args(&task.1);
        seconds(&mut command)
    }
}

fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    Ok(paths
        .into_iter()
        .filter(|path| path.extension() == Some(OsStr::new(extension)))
        .collect())
}
