use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Check;
use crate::config::{Config, StorageUrl};

const NAME: &str = "disk";
const MIB: u64 = 1024;
/// Less than this, in KiB, and something fails soon.
const TIGHT: u64 = 1024 * MIB;
/// Less than this, and it may have failed already.
const FULL: u64 = 64 * MIB;

/// Whether the disks of the folders that grow have room.
pub(super) fn examine(config: &Config) -> Vec<Check> {
    let mut seen = Vec::new();
    let mut checks = Vec::new();
    for folder in folders(config) {
        let Some(disk) = Disk::of(&folder) else {
            continue;
        };
        // One line for each disk, not for each folder.
        if seen.contains(&disk.mounted_at) {
            continue;
        }
        checks.extend(disk.check(&folder));
        seen.push(disk.mounted_at);
    }
    checks
}

fn folders(config: &Config) -> Vec<PathBuf> {
    let mut folders = vec![config.usage.spool_dir.clone()];
    if let StorageUrl::Folder(folder) = &config.storage {
        folders.push(folder.clone());
    }
    let database = config.database.sqlite_file().and_then(Path::parent);
    folders.extend(database.map(Path::to_owned));
    folders
}

/// What `df` says of a disk.
#[derive(Debug, PartialEq, Eq)]
struct Disk {
    free_kib: u64,
    mounted_at: String,
}

impl Disk {
    /// `None` where nobody can tell.
    fn of(folder: &Path) -> Option<Self> {
        let said = Command::new("df")
            .args(["-Pk", "--"])
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        Self::read(std::str::from_utf8(&said.stdout).ok()?)
    }

    /// The second line of POSIX: file system, blocks, used, available, percentage, place.
    fn read(said: &str) -> Option<Self> {
        let line = said.lines().nth(1)?;
        let mut fields = line.split_whitespace().rev();
        let mounted_at = fields.next()?.to_owned();
        let free_kib = fields.nth(1)?.parse().ok()?;
        Some(Self {
            free_kib,
            mounted_at,
        })
    }

    fn check(&self, folder: &Path) -> Option<Check> {
        let (folder, free) = (folder.display(), self.free_kib / MIB);
        let text = format!("the disk of `{folder}` has {free} MiB left");
        let advice =
            "make room: without any, nothing can be published, issued or counted; serving goes on";
        match self.free_kib {
            free if free < FULL => Some(Check::fail(NAME, text, advice)),
            free if free < TIGHT => Some(Check::warn(NAME, text, advice)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn what_df_says_is_read() {
        let said = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n\
            /dev/vda         263174212 38000000  61440     41% /srv\n";
        let disk = Disk::read(said).unwrap();
        assert_eq!((disk.free_kib, &*disk.mounted_at), (61_440, "/srv"));
        assert_eq!(Disk::read("Filesystem\n"), None);
    }

    #[test]
    fn little_room_is_told() {
        let status = |free_kib| {
            let mounted_at = "/".to_owned();
            let check = Disk {
                free_kib,
                mounted_at,
            }
            .check(Path::new("/srv"));
            check.map(|check| check.status)
        };
        assert_eq!(status(60 * MIB), Some(Status::Fail));
        assert_eq!(status(1000 * MIB), Some(Status::Warn));
        assert_eq!(status(10_000 * MIB), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_disk_of_a_folder_is_found() {
        assert!(Disk::of(Path::new("/")).unwrap().free_kib > 0);
        assert_eq!(Disk::of(Path::new("/there/is/no/such/folder")), None);
    }
}
