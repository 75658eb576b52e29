//! The process, as Linux tells it. Elsewhere there is nothing to tell.

use std::path::Path;

/// What a kernel of Linux counts in, whatever the machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// What the kernel knows of this process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Process {
    pub(super) resident_bytes: u64,
    pub(super) open_files: usize,
    /// `None`: there is no limit.
    pub(super) most_open_files: Option<u64>,
    pub(super) cpu_seconds: f64,
}

impl Process {
    pub(super) fn read() -> Option<Self> {
        let folder = Path::new("/proc/self");
        let text = |name: &str| fs_err::read_to_string(folder.join(name)).ok();
        Some(Self {
            resident_bytes: resident_bytes(&text("status")?)?,
            open_files: fs_err::read_dir(folder.join("fd")).ok()?.count(),
            most_open_files: most_open_files(&text("limits")?),
            cpu_seconds: cpu_seconds(&text("stat")?)?,
        })
    }
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn most_open_files(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15; the second one may have spaces and brackets in it.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_are_read() {
        let status = "Name:\tskep\nVmHWM:\t  9999 kB\nVmRSS:\t  2048 kB\n";
        assert_eq!(resident_bytes(status), Some(2_097_152));
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n";
        assert_eq!(most_open_files(limits), Some(1024));
        assert_eq!(
            most_open_files("Max open files  unlimited  unlimited  files"),
            None
        );
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 99";
        assert_eq!(cpu_seconds(stat), Some(2.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_read() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 1 << 20, "{process:?}");
        assert!(process.open_files > 2, "{process:?}");
    }
}
