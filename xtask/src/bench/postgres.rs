//! A throw-away PostgreSQL server, as an operator's: with fsync.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Makes a cluster and serves it until its input ends: the other end of that pipe is this process. PostgreSQL does
/// not run as root. `$1` programs, `$2` port.
const SCRIPT: &str = r#"
set -e
trap '' INT HUP
folder=$(mktemp -d /tmp/skep-bench-postgres.XXXXXX)
trap 'rm -rf "$folder"' EXIT
"$1/initdb" -D "$folder/data" -U skep --auth=trust --no-sync --locale=C.UTF-8 -E UTF8 >"$folder/log" 2>&1 ||
    { cat "$folder/log"; exit 1; }
"$1/postgres" -D "$folder/data" -h 127.0.0.1 -p "$2" -k "$folder" >"$folder/log" 2>&1 </dev/null &
server=$!
until "$1/pg_isready" -q -h 127.0.0.1 -p "$2"; do
    kill -0 $server 2>/dev/null || { cat "$folder/log"; exit 1; }
    sleep 0.1
done
"$1/createdb" -h 127.0.0.1 -p "$2" -U skep skep
echo ready
read -r _ || true
kill -INT $server
wait $server || true
"#;

/// One cluster with one empty database; stopped and removed when dropped.
#[derive(Debug)]
pub(super) struct Postgres {
    running: Child,
    /// The URL of its database.
    pub(super) url: String,
}

impl Postgres {
    /// `None` when PostgreSQL is not installed.
    pub(super) fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            return Ok(None);
        };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let id = Command::new("id").arg("-u").output()?;
        let mut command = if id.stdout.starts_with(b"0") {
            let mut command = Command::new("/usr/sbin/runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut running = command
            .args(["-c", SCRIPT, "sh"])
            .arg(programs)
            .arg(port.to_string())
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("PostgreSQL cannot be started")?;
        let output = running.stdout.take().context("its output is a pipe")?;
        let mut output = BufReader::new(output);
        let mut said = String::new();
        output.read_line(&mut said)?;
        if said != "ready\n" {
            output.read_to_string(&mut said)?;
            bail!("PostgreSQL did not start: {said}");
        }
        Ok(Some(Self {
            running,
            url: format!("postgres://skep@127.0.0.1:{port}/skep"),
        }))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.running.stdin.take());
        self.running.wait().ok();
    }
}

/// Debian keeps them out of `PATH`.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}
