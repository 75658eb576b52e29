//! A throw-away PostgreSQL server: started with the first test that needs one, stopped when this
//! process ends, however it ends.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::port::free_port;

/// Makes the cluster, serves it, and takes everything away once its input ends: the other end of that
/// pipe is this process. `$1` programs, `$2` port.
const SCRIPT: &str = r#"
set -e
# Ctrl-C is for the tests; this one ends with its input.
trap '' INT HUP
dir=$(mktemp -d /tmp/skep-postgres.XXXXXX)
trap 'rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U skep --auth=trust --no-sync --locale=C.UTF-8 -E UTF8 >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log"; exit 1; }
"$1/postgres" -D "$dir/data" -h 127.0.0.1 -p "$2" -k "$dir" -F -c max_connections=400 \
    -c full_page_writes=off -c synchronous_commit=off >"$dir/server.log" 2>&1 </dev/null &
server=$!
until "$1/pg_isready" -q -h 127.0.0.1 -p "$2"; do
    kill -0 $server 2>/dev/null || { cat "$dir/server.log"; exit 1; }
    sleep 0.05
done
echo ready
read -r _ || true
kill -INT $server
wait $server || true
"#;

struct Server {
    programs: PathBuf,
    port: u16,
    /// Its input ends with this process.
    _running: Child,
}

/// The URL of a new, empty database.
pub(crate) fn new_database() -> String {
    create("template1")
}

/// The URL of a new database with what another has, which nobody may be connected to.
pub(crate) fn copy_of(url: &str) -> String {
    create(url.rsplit('/').next().expect("a URL has a path"))
}

fn create(template: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("skep_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = server();
    let port = server.port.to_string();
    let created = Command::new(server.programs.join("createdb"))
        .args(["-h", "127.0.0.1", "-p", &port, "-U", "skep"])
        .args(["-T", template, &name])
        .output()
        .expect("createdb runs");
    assert!(created.status.success(), "createdb: {}", text(&created));
    format!("postgres://skep:s3cret-password@127.0.0.1:{port}/{name}")
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> Server {
    let programs = programs();
    let port = free_port();
    // PostgreSQL refuses to run as root.
    let mut command = if is_root() {
        let mut command = Command::new("/usr/sbin/runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut child = command
        .args(["-c", SCRIPT, "sh"])
        .arg(&programs)
        .arg(port.to_string())
        .current_dir("/tmp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let stdout = child.stdout.take().expect("its output is a pipe");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stdout));
    let mut said = Vec::new();
    loop {
        match lines.next() {
            Some(Ok(line)) if line == "ready" => break,
            Some(Ok(line)) => said.push(line),
            _ => panic!("PostgreSQL did not start: {}", said.join("\n")),
        }
    }
    // `pg_isready` can come a moment before the first connection is taken.
    std::thread::sleep(Duration::from_millis(10));
    Server {
        programs,
        port,
        _running: child,
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    text(&id).trim() == "0"
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Debian keeps the server's programs out of `PATH`.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = fs_err::read_dir("/usr/lib/postgresql")
        .map(|entries| {
            entries
                .filter_map(Result::ok)
                .map(|entry| entry.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    found.sort();
    let path = std::env::split_paths(option_env!("PATH").unwrap_or_default());
    found.into_iter().rev().chain(path).find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists()).expect(
        "these tests need PostgreSQL: `apt-get install postgresql` (or have initdb and postgres in PATH when compiling)",
    )
}
