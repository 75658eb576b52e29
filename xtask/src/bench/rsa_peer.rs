//! The peer that the design is measured against: a server that does as little as one can, but signs every
//! URL anew with RSA-2048. It looks the key up, signs CloudFront's canned policy and redirects; it decides
//! nothing, counts nothing, and checks no dates.

use std::{
    collections::HashMap,
    convert::Infallible,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::RSA_PKCS1_SHA256,
};
use data_encoding::BASE64URL;
use http::{Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    installation::{Server, get},
    measure::timed,
};

const EXPIRES: &str = "1900000000";

struct Peer {
    /// Which license a key's hash opens.
    keys: HashMap<[u8; 32], u32>,
    signer: KeyPair,
    random: SystemRandom,
}

/// Starts it in a process of its own, for the keys in a file, one a line.
pub(super) fn serve(folder: &Path, keys: &[String]) -> Result<(Server, SocketAddr)> {
    fs::create_dir_all(folder)?;
    let (list, key) = (folder.join("keys"), folder.join("rsa.pem"));
    fs::write(&list, keys.join("\n"))?;
    let bits = "rsa_keygen_bits:2048";
    let mut generate = Command::new("openssl");
    generate.args(["genpkey", "-algorithm", "RSA", "-pkeyopt", bits]);
    timed(generate.args(["-outform", "DER", "-out"]).arg(&key))?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let child = Command::new(std::env::current_exe()?)
        .args(["bench", "rsa-peer", &address.to_string()])
        .args([&list, &key])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let server = Server::of(child);
    for _ in 0..200 {
        if get(address, "/", "").is_ok() {
            return Ok((server, address));
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("the peer that signs each time does not answer")
}

/// That process.
pub(super) fn run(address: &str, list: &str, key: &str) -> Result<()> {
    let list = fs::read_to_string(PathBuf::from(list))?;
    let keys = list
        .lines()
        .zip(0..)
        .map(|(key, number)| (hash(key), number));
    let signer = KeyPair::from_der(&fs::read(key)?);
    let peer = Arc::new(Peer {
        keys: keys.collect(),
        signer: signer.map_err(|refused| anyhow!("{refused}"))?,
        random: SystemRandom::new(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream, Arc::clone(&peer)));
        }
    })
}

async fn connection(stream: TcpStream, peer: Arc<Peer>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = peer.answer(&request).unwrap_or_else(|| {
            let mut response = Response::new(String::new());
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response
        });
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The load goes away when it is over.
    connection.await.ok();
}

impl Peer {
    fn answer(&self, request: &Request<Incoming>) -> Option<Response<String>> {
        let key = request
            .headers()
            .get(header::AUTHORIZATION)?
            .to_str()
            .ok()?;
        self.keys.get(&hash(key))?;
        let path = request.uri().path();
        let url = format!("https://d111111abcdef8.cloudfront.net{path}");
        let location = self.sign(&url).ok()?;
        let response = Response::builder().status(StatusCode::FOUND);
        response
            .header(header::LOCATION, location)
            .body(String::new())
            .ok()
    }

    fn sign(&self, url: &str) -> Result<String> {
        let policy = format!(
            r#"{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{EXPIRES}}}}}}}]}}"#
        );
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer
            .sign(
                &RSA_PKCS1_SHA256,
                &self.random,
                policy.as_bytes(),
                &mut signature,
            )
            .ok()
            .context("RSA refused to sign")?;
        let signature = BASE64URL.encode(&signature);
        Ok(format!(
            "{url}?Expires={EXPIRES}&Signature={signature}&Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256"
        ))
    }
}

fn hash(key: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    hash
}
