//! A `skep serve` of a test.

use std::{
    path::Path,
    process::{Child, Command},
    thread,
    time::Duration,
};

use super::{http, run::run};

/// A running `skep serve`; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts it; returns when its URL for that says that it is ready.
    pub(crate) fn start(serve: &mut Command, ready_url: &str, log: &Path) -> Self {
        let child = serve.spawn().expect("skep can be started");
        let mut server = Self { child };
        server.wait_until_ready(ready_url, log);
        server
    }

    /// Of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("SIGKILL can be sent");
        self.child.wait().expect("it ends");
    }

    fn wait_until_ready(&mut self, url: &str, log: &Path) {
        for _ in 0..600 {
            if http::get(url, &[]).is_ok_and(|answer| answer.status == 200) {
                return;
            }
            let ended = self.child.try_wait().expect("it is our child");
            assert!(
                ended.is_none(),
                "skep serve ended: {ended:?}\n{}",
                read(log)
            );
            thread::sleep(Duration::from_millis(50));
        }
        panic!("skep serve is not ready after 30 seconds\n{}", read(log));
    }
}

fn read(log: &Path) -> String {
    fs_err::read_to_string(log).unwrap_or_default()
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Asked politely first, so that every test also stops a server the way an operator does.
        let id = self.child.id().to_string();
        run(Command::new("kill").args(["-TERM", &id]));
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
