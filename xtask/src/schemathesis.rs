//! schemathesis (PyPI) against a server of ours: it makes requests from the server's own description, good
//! and bad ones, and looks for answers that are none or not described.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    process::{announce, cargo_workspace, command, root, run as run_command},
    setup,
    summary::Counts,
};

/// Another one finds other things: change it on purpose.
const VERSION: &str = "4.32.5";
/// The whole of it.
const SECONDS: &str = "180";
/// All but `positive_data_acceptance`: that a date comes after another, or that a product is there, no
/// schema says. And without those that need other users.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,ignored_auth,\
    unsupported_method,allow_header_conformance";
/// They would take away the key that the requests are made with.
const EXCLUDED: [&str; 4] = [
    "revoke_api_keys",
    "revoke_api_keys_of_organization",
    "revoke_api_key",
    "revoke_api_key_of_organization",
];

/// Runs it; one test, passed or failed.
pub(crate) fn run() -> Result<Counts> {
    setup::python()?;
    let folder = root().join("target/schemathesis");
    let program = installed(&folder)?;
    run_command(&mut cargo_workspace("build", &["--bin", "skep"]))?;
    let server = Server::start(&folder.join("installation"))?;
    let url = format!("http://{}", server.address);
    let mut schemathesis = Command::new(program);
    schemathesis
        .args(["run", &format!("{url}/api/openapi.json")])
        .args(["--header", &format!("Authorization: {}", server.key)])
        .args(["--checks", CHECKS, "--max-time", SECONDS])
        .args(["--max-examples", "25", "--seed", "1", "--no-shrink"])
        .arg("--continue-on-failure")
        .args(
            EXCLUDED
                .iter()
                .flat_map(|id| ["--exclude-operation-id", id]),
        )
        .env("NO_PROXY", "*")
        .current_dir(&folder)
        .stdin(Stdio::null());
    println!("schemathesis {VERSION} against {url}, for {SECONDS} seconds at most");
    let status = schemathesis
        .status()
        .context("schemathesis cannot be started")?;
    let is_good = status.success() && server.knows_its_key()?;
    let (passed, failed) = (u64::from(is_good), u64::from(!is_good));
    Ok(Counts {
        passed,
        failed,
        skipped: 0,
    })
}

/// The program, in an environment of its own below `target/`.
fn installed(folder: &Path) -> Result<PathBuf> {
    let environment = folder.join(format!("venv-{VERSION}"));
    let program = environment.join("bin/schemathesis");
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(folder)?;
    let environment = environment.display().to_string();
    run_command(&mut command("python3", &["-m", "venv", &environment]))?;
    let package = format!("schemathesis=={VERSION}");
    let pip = format!("{environment}/bin/pip");
    run_command(&mut command(&pip, &["install", "--quiet", &package]))?;
    Ok(program)
}

/// An installation with a user and a product, served. Stopped when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    key: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing more to do about either.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let url = format!("http://{address}");
        let path = folder.display().to_string();
        skep(folder, &["init", &path, "--name", "acme", "--url", &url])?;
        skep(
            folder,
            &["product", "create", "pro", "--package", "acme_pro*"],
        )?;
        let user = [
            "user",
            "create",
            "--username",
            "ada",
            "--email",
            "ada@example.com",
        ];
        skep(folder, &[&user[..], &["--role", "owner"]].concat())?;
        let permissions = ["api", "licenses:write", "usage:read"];
        let permissions = permissions.iter().flat_map(|it| ["--permission", *it]);
        let key: Vec<&str> = ["--json", "api-key", "create", "ada"]
            .into_iter()
            .chain(permissions)
            .collect();
        let key = secret(&skep(folder, &key)?).context("`skep api-key create` shows no key")?;
        let child = program(folder)
            .args(["serve", "--listen", &address.to_string()])
            // Wrong keys are part of the trial.
            .env("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "1000000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("server.log"))?)
            .spawn()?;
        let mut server = Self {
            child,
            address,
            key,
        };
        server.wait()?;
        Ok(server)
    }

    fn wait(&mut self) -> Result<()> {
        for _ in 0..200 {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("`skep serve` ended: {status}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("`skep serve` is not ready after 10 seconds")
    }

    /// Without it every answer after that was a 401, and nothing was tried.
    fn knows_its_key(&self) -> Result<bool> {
        let url = format!("http://{}/api/manage/usage", self.address);
        let header = format!("authorization: {}", self.key);
        let mut curl = Command::new("curl");
        let curl = curl.args(["--silent", "--fail", "--noproxy", "*", "-H", &header, &url]);
        let is_known = curl.stdout(Stdio::null()).status()?.success();
        if !is_known {
            eprintln!("schemathesis took away the key that it was to use");
        }
        Ok(is_known)
    }
}

fn program(folder: &Path) -> Command {
    let mut program = Command::new(root().join("target/debug/skep"));
    program.env("SKEP_CONFIG", folder.join("skep.toml"));
    program
}

fn skep(folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = program(folder);
    let command = command.args(arguments).stdin(Stdio::null());
    announce(command);
    let output = command.output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`skep` failed: {errors}");
    Ok(String::from_utf8(output.stdout)?)
}

/// The value of `"secret"` in a JSON text.
fn secret(json: &str) -> Option<String> {
    let rest = json.split_once("\"secret\"")?.1;
    rest.split('"').nth(1).map(str::to_owned)
}
