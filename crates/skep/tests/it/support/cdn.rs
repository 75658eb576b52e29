//! A stand-in for CloudFront, set up as docs/guides/cloudfront.md says: the server is its origin, and it
//! serves whoever holds a signed URL and nobody else, whatever else they send.
//! The openssl command checks the signatures, so that no code of ours judges its own work.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

use data_encoding::BASE64;
use tempfile::TempDir;

use super::{
    http::{self, Response},
    run::run,
};

pub(crate) const KEY_PAIR_ID: &str = "K2JCJMDEHXQW5F";
/// What the server knows the CDN by.
pub(crate) const ORIGIN_SECRET: &str = "6f1d9d0c5e7b4a3f8e2d1c0b9a8f7e6d";

/// The two kinds of key CloudFront takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyKind {
    EcdsaP256,
    Rsa2048,
}

/// One request the CDN has answered.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) status: u16,
    /// Whether the client sent its license key along, as mix and rebar3 do.
    pub(crate) had_authorization: bool,
}

/// Runs until the test process ends.
#[derive(Debug)]
pub(crate) struct Cdn {
    pub(crate) url: String,
    keys: TempDir,
    hits: Arc<Mutex<Vec<Hit>>>,
}

/// What the answering threads need.
#[derive(Debug, Clone)]
struct Distribution {
    url: String,
    public_key: PathBuf,
    origin: String,
}

impl Cdn {
    /// Makes a key pair and serves what the origin, a URL, has below it.
    pub(crate) fn start(kind: KeyKind, origin: String) -> Self {
        let keys = TempDir::new().expect("a temporary folder");
        generate(kind, keys.path());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let distribution = Distribution {
            url: url.clone(),
            public_key: keys.path().join("public.pem"),
            origin,
        };
        let hits = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&hits);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (distribution, seen) = (distribution.clone(), Arc::clone(&seen));
                // A client that hangs up early is its own business.
                thread::spawn(move || distribution.answer(stream, &seen).ok());
            }
        });
        Self { url, keys, hits }
    }

    /// The key the server signs with.
    pub(crate) fn private_key_file(&self) -> PathBuf {
        self.keys.path().join("private.pem")
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.hits.lock().expect("no thread panicked").clone()
    }
}

fn generate(kind: KeyKind, folder: &Path) {
    let options: &[&str] = match kind {
        KeyKind::EcdsaP256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        KeyKind::Rsa2048 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    };
    let (private, public) = (folder.join("private.pem"), folder.join("public.pem"));
    let mut make = std::process::Command::new("openssl");
    run(make.arg("genpkey").args(options).arg("-out").arg(&private)).succeeded();
    let mut extract = std::process::Command::new("openssl");
    run(extract
        .args(["pkey", "-pubout", "-in"])
        .arg(&private)
        .arg("-out")
        .arg(&public))
    .succeeded();
}

impl Distribution {
    fn answer(&self, mut stream: TcpStream, seen: &Mutex<Vec<Hit>>) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().transpose()?.unwrap_or_default();
        let mut had_authorization = false;
        for line in lines {
            let line = line?.to_ascii_lowercase();
            had_authorization |= line.starts_with("authorization:");
            if line.is_empty() {
                break;
            }
        }
        let target = request.split(' ').nth(1).unwrap_or_default();
        let (status, etag, body) = match self.verify(target) {
            Ok(()) => {
                let answer = self.fetch(target)?;
                let etag = answer.header("etag").unwrap_or_default().to_owned();
                (answer.status, etag, answer.body)
            }
            Err(reason) => (403, String::new(), reason.into_bytes()),
        };
        seen.lock().expect("no thread panicked").push(Hit {
            status,
            had_authorization,
        });
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} Answer\r\ncontent-length: {length}\r\netag: {etag}\r\nconnection: close\r\n\r\n"
        )?;
        stream.write_all(&body)
    }

    /// From the origin, which is sent nothing of the customer's but the path.
    fn fetch(&self, target: &str) -> std::io::Result<Response> {
        let path = target.split('?').next().unwrap_or_default();
        let url = format!("{}{path}", self.origin);
        http::get(&url, &[("x-skep-origin", ORIGIN_SECRET)])
    }

    /// CloudFront's canned policy: the URL without the parameters of the signature, and the moment it ends.
    fn verify(&self, target: &str) -> Result<(), String> {
        let (path, query) = target.split_once('?').ok_or("the URL is not signed")?;
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(given, _)| *given == name);
            found.map(|(_, value)| value).ok_or(format!("no {name}"))
        };
        if value("Key-Pair-Id")? != KEY_PAIR_ID || value("Hash-Algorithm")? != "SHA256" {
            return Err("another key or hash".to_owned());
        }
        let expires: u64 = value("Expires")?.parse().map_err(|_| "bad Expires")?;
        if expires <= seconds_now() {
            return Err("the URL has expired".to_owned());
        }
        let policy = format!(
            r#"{{"Statement":[{{"Resource":"{}{path}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#,
            self.url
        );
        let signature = value("Signature")?
            .replace('-', "+")
            .replace('_', "=")
            .replace('~', "/");
        let signature = BASE64
            .decode(signature.as_bytes())
            .map_err(|error| error.to_string())?;
        self.openssl_accepts(policy.as_bytes(), &signature)
    }

    fn openssl_accepts(&self, policy: &[u8], signature: &[u8]) -> Result<(), String> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        let (policy_file, signature_file) = (folder.path().join("p"), folder.path().join("s"));
        fs_err::write(&policy_file, policy).map_err(|error| error.to_string())?;
        fs_err::write(&signature_file, signature).map_err(|error| error.to_string())?;
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["dgst", "-sha256", "-verify"]);
        openssl.arg(&self.public_key).arg("-signature");
        let ran = run(openssl.arg(&signature_file).arg(&policy_file));
        if ran.code == 0 {
            Ok(())
        } else {
            Err(ran.said())
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a CDN has a clock of its own; it does not ask the server for the time"
)]
fn seconds_now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the clock is after 1970")
        .as_secs()
}
