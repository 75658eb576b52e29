//! The peer: nginx without a log.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Result, bail};

use super::installation::{Server, get};

/// What it answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Site<'a> {
    /// One fixed redirect to everything.
    Redirect(&'a str),
    /// The files of a folder, copied through the process as any server must that is not the kernel.
    Folder(&'a Path),
    /// What these nodes answer, as the guide on operating sets it up.
    Nodes(&'a [SocketAddr]),
}

impl Site<'_> {
    fn directive(self) -> String {
        match self {
            Self::Redirect(location) => format!("return 302 {location};"),
            Self::Folder(folder) => format!("root {}; sendfile off;", folder.display()),
            Self::Nodes(_) => {
                "proxy_pass http://nodes; proxy_http_version 1.1; proxy_set_header Connection \"\";"
                    .to_owned()
            }
        }
    }

    fn upstream(self) -> String {
        let Self::Nodes(addresses) = self else {
            return String::new();
        };
        let servers: String = addresses
            .iter()
            .map(|address| format!("server {address} max_fails=0; "))
            .collect();
        format!(
            "upstream nodes {{ {servers}keepalive 64; keepalive_requests 1000000; keepalive_timeout 20s; }}"
        )
    }
}

/// One worker per processor, as the server under test has threads.
pub(super) fn serve(folder: &Path, site: Site<'_>) -> Result<(Server, SocketAddr)> {
    fs::create_dir_all(folder)?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let configuration = format!(
        "daemon off;
user root; # the folder is ours alone; counts for root only
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server_tokens off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {upstream}
    server {{
        listen {address};
        location / {{ {directive} }}
    }}
}}
",
        folder = folder.display(),
        directive = site.directive(),
        upstream = site.upstream(),
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration)?;
    let child = Command::new("nginx")
        .arg("-c")
        .arg(&file)
        .arg("-e")
        .arg(folder.join("error.log"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let server = Server::of(child);
    for _ in 0..100 {
        if get(address, "/", "").is_ok() {
            return Ok((server, address));
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!(
        "nginx does not answer: {}",
        fs::read_to_string(folder.join("error.log"))?
    )
}
