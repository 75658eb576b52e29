//! A real nginx in front of a server, which sends the files of a folder when it is told to.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::port::free_port;

/// It ends with its test.
#[derive(Debug)]
pub(crate) struct Nginx {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    child: Child,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed at once, it would leave its workers behind.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

impl Nginx {
    /// In front of the server at `url`, whose files are in `folder/files`; it keeps what it needs beside
    /// them.
    pub(crate) fn start(folder: &Path, url: &str) -> Self {
        let dir = folder.join("nginx");
        fs_err::create_dir(&dir).expect("a new folder");
        // Its workers are another user when the tests run as root.
        let outside = std::env::temp_dir();
        for own in folder
            .ancestors()
            .take_while(|path| *path != outside)
            .take(2)
        {
            let public = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs_err::set_permissions(own, public).expect("it is ours");
        }
        let port = free_port();
        let config = configuration(&dir, port, url, &folder.join("files"));
        fs_err::write(dir.join("nginx.conf"), config).expect("it can be written");
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
        let url = format!("http://127.0.0.1:{port}");
        let nginx = Self { url, child };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return nginx;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs_err::read_to_string(dir.join("error.log")).unwrap_or_default();
        panic!("nginx does not answer: {log}")
    }
}

fn configuration(dir: &Path, port: u16, url: &str, files: &Path) -> String {
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
        files = files.display(),
    )
}
