//! `[delivery] mode = "accel"`: a real nginx in front sends the files.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use skep_formats::checksum::Sha256;

use crate::support::port::free_port;
use crate::support::{MIX, REBAR3, Sale, TestApp};

const PATH: &str = "/repo/tarballs/alpha-1.0.0.tar";

struct Nginx {
    url: String,
    child: Child,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Nginx {
    /// In front of a server, with its folder of files.
    async fn start(app: &TestApp) -> Self {
        let dir = app.dir().join("nginx");
        fs_err::create_dir(&dir).unwrap();
        // Its workers are another user when the tests run as root.
        let public = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs_err::set_permissions(app.dir(), public).unwrap();
        let port = free_port();
        let config = configuration(&dir, port, app);
        fs_err::write(dir.join("nginx.conf"), config).unwrap();
        let child = Command::new("nginx")
            .args(["-e", "error.log", "-p"])
            .arg(&dir)
            .args(["-c", "nginx.conf"])
            .env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need nginx: `apt-get install nginx-light`");
        let nginx = Self {
            url: format!("http://127.0.0.1:{port}"),
            child,
        };
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
            {
                return nginx;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = fs_err::read_to_string(dir.join("error.log")).unwrap_or_default();
        panic!("nginx does not answer: {log}")
    }
}

fn configuration(dir: &Path, port: u16, app: &TestApp) -> String {
    format!(
        "daemon off; worker_processes 1; pid nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {url};
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
        location /skep-files/ {{ internal; alias {files}/; }}
    }}
}}
",
        dir = dir.display(),
        url = app.url,
        files = app.dir().join("files").display(),
    )
}

#[tokio::test]
async fn nginx_sends_the_file_to_who_may_have_it() {
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "accel"),
        ("SKEP_STORAGE__URL", "file:files"),
        ("SKEP_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let nginx = Nginx::start(&app).await;
    let url = format!("{}{PATH}", nginx.url);
    let answer = app.get(&url).key(&key).agent(REBAR3).send().await;
    assert_eq!((answer.status, &answer.body), (200, &tarball));
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("content-encoding"), "");
    assert_eq!(answer.header("x-accel-redirect"), "");
    let etag = answer.header("etag").to_owned();
    assert!(!etag.is_empty(), "rebar3 needs one: {answer:?}");
    let request = app.get(&url).key(&key).header("if-none-match", &etag);
    assert_eq!(request.send().await.status, 304);
    let request = app.get(&url).key(&key).header("range", "bytes=5-9");
    let part = request.send().await;
    assert_eq!((part.status, &part.body[..]), (206, &tarball[5..10]));
    let head = app.ask(reqwest::Method::HEAD, &url).key(&key).send().await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, tarball.len().to_string().as_str())
    );
    assert_eq!(app.get(&url).agent(MIX).send().await.status, 401);
    let checksum = Sha256::of(&tarball);
    let inside = format!(
        "{}/skep-files/repos/acme/tarballs/alpha-1.0.0/{checksum}.tar",
        nginx.url
    );
    assert_eq!(app.get(&inside).key(&key).send().await.status, 404);
}

#[tokio::test]
async fn who_does_not_come_through_nginx_is_streamed_to() {
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "accel"),
        ("SKEP_STORAGE__URL", "file:files"),
        ("SKEP_SERVER__TRUSTED_PROXIES", "192.0.2.1"),
    ])
    .await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let answer = app.get(PATH).key(&key).agent(MIX).send().await;
    assert_eq!((answer.status, &answer.body), (200, &tarball));
}
