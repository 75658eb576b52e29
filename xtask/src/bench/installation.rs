//! A seller's installation, made and filled through the product's own commands.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use super::{Bench, measure::timed, packages::Numbers};

/// How many tarballs one `skep publish` is given.
const BATCH: usize = 1_000;

/// A repository with its configuration; tarballs are delivered by 302 to a CDN.
#[derive(Debug)]
pub(super) struct Installation {
    skep: PathBuf,
    folder: PathBuf,
    pub(super) address: SocketAddr,
    /// The license keys, all good for every package.
    pub(super) keys: Vec<String>,
    /// What is set by the environment, in every command.
    settings: Vec<(String, String)>,
}

impl Installation {
    /// `skep init`, a product that covers every package, and a throw-away key for the CDN.
    pub(super) fn empty(bench: &Bench, name: &str) -> Result<Self> {
        Self::empty_with(bench, name, &[])
    }

    /// The same with some settings, as `("SKEP_DATABASE__URL", "postgres://…")`.
    pub(super) fn empty_with(bench: &Bench, name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = bench.folder.path().join(name);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut installation = Self {
            skep: bench.skep.clone(),
            folder,
            address: listener.local_addr()?,
            keys: Vec::new(),
            settings: Vec::new(),
        };
        installation.redirect_to_cdn();
        // Nobody has to notice that a node ends.
        installation.set("SKEP_SERVER__GRACE_SECONDS", "0");
        for (name, value) in settings {
            installation.set(name, value);
        }
        let mut init = Command::new(&bench.skep);
        init.arg("init").arg(&installation.folder);
        init.envs(settings.iter().copied());
        timed(init.args(["--name", "bench", "--url", &installation.url()]))?;
        timed(
            Command::new("openssl")
                .args(["genpkey", "-algorithm", "EC"])
                .args([
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-out",
                    &installation.cdn_key(),
                ]),
        )?;
        timed(
            installation
                .command()
                .args(["product", "create", "everything", "--package", "*"]),
        )?;
        Ok(installation)
    }

    /// An installation with every release and so many licenses.
    pub(super) fn filled(bench: &Bench, licenses: usize) -> Result<Self> {
        Self::filled_with(bench, "full", licenses, &[])
    }

    /// The same with some settings.
    pub(super) fn filled_with(
        bench: &Bench,
        name: &str,
        licenses: usize,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let mut installation = Self::empty_with(bench, name, settings)?;
        for batch in bench.releases.chunks(BATCH) {
            let files: Vec<&Path> = batch.iter().map(|release| release.file.as_path()).collect();
            installation.publish(&files)?;
        }
        installation.import_licenses(licenses)?;
        Ok(installation)
    }

    /// Another node of the same installation.
    pub(super) fn at_another_port(&self) -> Result<Self> {
        Ok(Self {
            skep: self.skep.clone(),
            folder: self.folder.clone(),
            address: TcpListener::bind("127.0.0.1:0")?.local_addr()?,
            keys: self.keys.clone(),
            settings: self.settings.clone(),
        })
    }

    /// Sets something by the environment, in every further command.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    fn redirect_to_cdn(&mut self) {
        let key = self.cdn_key();
        for (name, value) in [
            ("SKEP_DELIVERY__MODE", "cloudfront"),
            (
                "SKEP_DELIVERY__CLOUDFRONT__URL",
                "https://d111111abcdef8.cloudfront.net",
            ),
            ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
            ("SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE", &key),
        ] {
            self.set(name, value);
        }
    }

    pub(super) fn import_licenses(&mut self, licenses: usize) -> Result<()> {
        let mut numbers = Numbers::new(7);
        let mut table = "customer_email,product,plan,access_until,updates_until,key\n".to_owned();
        for number in 0..licenses {
            let key = format!("bench{:016x}{:016x}", numbers.next(), numbers.next());
            writeln!(
                table,
                "customer{number}@example.com,everything,perpetual,,2099-12-31,{key}"
            )?;
            self.keys.push(key);
        }
        let file = self.folder.join("licenses.csv");
        fs::write(&file, table)?;
        timed(self.command().args(["license", "import"]).arg(&file))?;
        Ok(())
    }

    /// A user, and a key that may publish.
    pub(super) fn api_key(&self) -> Result<String> {
        let create = [
            "user",
            "create",
            "--username",
            "bench",
            "--email",
            "bench@example.com",
        ];
        timed(self.command().args(create).args(["--role", "owner"]))?;
        let output = self
            .command()
            .args(["api-key", "create", "bench", "--json"])
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let secret = text.find("ska_").map(|start| &text[start..]);
        let secret = secret.and_then(|rest| rest.split('"').next());
        secret.map(str::to_owned).context("no key was made")
    }

    /// One `skep publish` of some tarballs, timed.
    pub(super) fn publish(&self, files: &[&Path]) -> Result<Duration> {
        timed(self.command().arg("publish").args(files))
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.skep);
        command.env("SKEP_CONFIG", self.folder.join("skep.toml"));
        command.envs(self.settings.iter().cloned());
        command
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file of its SQLite.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("skep.db")
    }

    fn cdn_key(&self) -> String {
        self.folder.join("cdn-key.pem").display().to_string()
    }

    /// `skep serve`; returns when it is ready.
    pub(super) fn serve(&self) -> Result<Server> {
        let log = fs::File::create(self.folder.join("server.log"))?;
        let child = self
            .command()
            .args(["serve", "--listen", &self.address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut server = Server { child };
        for _ in 0..1_800 {
            if get(self.address, "/readyz", "").is_ok_and(|answer| answer.contains(" 200 ")) {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                let log = fs::read_to_string(self.folder.join("server.log"))?;
                bail!("skep serve ended: {status}\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("skep serve is not ready after 90 seconds")
    }

    /// Where the CDN's copy of a tarball is, as the server tells a customer.
    pub(super) fn location(&self, path: &str) -> Result<String> {
        let key = self.keys.first().context("no license")?;
        let answer = get(self.address, path, &format!("authorization: {key}\r\n"))?;
        let mut lines = answer.lines();
        let status = lines.next().unwrap_or_default().to_owned();
        ensure!(status.contains(" 302 "), "{path} is answered by {status}");
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("location"))
            .map(|(_, location)| location.to_owned())
            .context("a 302 without a location")
    }
}

/// The head of the answer to a request that closes its connection.
pub(super) fn get(address: SocketAddr, path: &str, headers: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nhost: {address}\r\n{headers}\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.split("\r\n\r\n").next().unwrap_or_default().to_owned())
}

/// The answer to JSON that is sent on a connection of its own.
pub(super) fn post(address: SocketAddr, path: &str, json: &str) -> Result<String> {
    post_as(address, path, "", json)
}

/// The same with further headers, each with its end of line.
pub(super) fn post_as(
    address: SocketAddr,
    path: &str,
    headers: &str,
    json: &str,
) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = json.len();
    let head = format!(
        "POST {path} HTTP/1.0\r\nhost: {address}\r\nuser-agent: bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all([&head, json].concat().as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A running server; stopped when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
}

impl Server {
    pub(super) fn of(child: Child) -> Self {
        Self { child }
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self.child.id().to_string();
        // The wait below is what counts.
        Command::new("kill").args(["-TERM", &process]).status().ok();
        self.child.wait().ok();
    }
}
