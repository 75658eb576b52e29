//! nginx in front of two nodes, as the guide on operating sets it up.

use std::fmt::Write as _;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::outside::port::free_port;

/// Stopped when dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    nginx: Child,
    port: u16,
    _folder: TempDir,
}

impl Proxy {
    pub(super) fn start(nodes: &[u16]) -> Self {
        let (folder, port) = (TempDir::new().expect("a temporary folder"), free_port());
        let mut servers = String::new();
        for node in nodes {
            let _ = write!(servers, "server 127.0.0.1:{node} max_fails=0; ");
        }
        let at = folder.path().display().to_string();
        let configuration = CONFIGURATION
            .replace("FOLDER", &at)
            .replace("SERVERS", &servers)
            .replace("PORT", &port.to_string());
        let file = folder.path().join("nginx.conf");
        fs_err::write(&file, configuration).expect("writable");
        let mut nginx = Command::new("nginx");
        nginx
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.path().join("error.log"));
        nginx
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let nginx = nginx
            .spawn()
            .expect("these tests need nginx: `apt-get install nginx-light`");
        // Whoever drops it ends nginx.
        let proxy = Self {
            nginx,
            port,
            _folder: folder,
        };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return proxy;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("nginx does not listen after ten seconds");
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let id = self.nginx.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().ok();
        self.nginx.wait().ok();
    }
}

const CONFIGURATION: &str = r#"
daemon off;
worker_processes 1;
pid FOLDER/nginx.pid;
error_log FOLDER/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    upstream skep {
        SERVERS
        keepalive 16;
        keepalive_timeout 20s;
    }
    server {
        listen 127.0.0.1:PORT;
        location / {
            proxy_pass http://skep;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_next_upstream error timeout;
            proxy_set_header X-Forwarded-For $remote_addr;
        }
    }
}
"#;
