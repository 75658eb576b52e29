//! Paths inside a tarball: relative, and never out of it.

/// The longest path, in bytes; more is not a path on any system.
const MAX_LENGTH: usize = 4096;

/// The most directories above a file. Each is looked up once for each file.
const MAX_DEPTH: usize = 128;

/// Why a path may not be in a tarball.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Absolute, with a parent's `..`, with a drive's letter, or empty.
    #[error("the path `{0}` is unsafe: it must be relative and must not contain `..`")]
    Unsafe(String),
    /// Not UTF-8, or with a control character.
    #[error("the path `{0}` is not text")]
    NotText(String),
    /// More than 4096 bytes, or below more than 128 directories.
    #[error("the path `{0}…` is too long")]
    TooLong(String),
    /// A link whose target lies outside, or behind another link.
    #[error("the link `{path}` is unsafe: its target `{target}` is not inside the package")]
    UnsafeLink {
        /// The link.
        path: String,
        /// Where it points.
        target: String,
    },
    /// A file below something that is a link.
    #[error("the path `{0}` leads through a link")]
    ThroughLink(String),
}

/// `bytes` as a path without `.` and empty components, its components joined by `/`.
pub(super) fn clean(bytes: &[u8]) -> Result<String, PathError> {
    let start = || String::from_utf8_lossy(&bytes[..bytes.len().min(128)]).into_owned();
    if bytes.len() > MAX_LENGTH {
        return Err(PathError::TooLong(start()));
    }
    let path = str::from_utf8(bytes).map_err(|_| PathError::NotText(start()))?;
    if path.chars().any(char::is_control) {
        return Err(PathError::NotText(start().escape_debug().to_string()));
    }
    if is_absolute(path) || path.split(['/', '\\']).any(|part| part == "..") {
        return Err(PathError::Unsafe(path.to_owned()));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !is_here(part)).collect();
    if parts.len() > MAX_DEPTH {
        return Err(PathError::TooLong(start()));
    }
    match parts.is_empty() {
        true => Err(PathError::Unsafe(path.to_owned())),
        false => Ok(parts.join("/")),
    }
}

/// Where the link `path` to `target` leads, step by step, as paths inside the package; the last one is
/// the target itself.
pub(super) fn link_steps(path: &str, target: &str) -> Result<Vec<String>, PathError> {
    let outside = || PathError::UnsafeLink {
        path: path.to_owned(),
        target: target.chars().take(128).collect(),
    };
    let is_text = target.len() <= MAX_LENGTH && !target.chars().any(char::is_control);
    if target.is_empty() || !is_text || is_absolute(target) || target.contains('\\') {
        return Err(outside());
    }
    let mut at: Vec<&str> = path.split('/').collect();
    at.pop();
    let mut steps = Vec::new();
    for part in target.split('/').filter(|part| !is_here(part)) {
        match part {
            ".." => drop(at.pop().ok_or_else(outside)?),
            part => at.push(part),
        }
        steps.push(at.join("/"));
    }
    Ok(steps)
}

/// Every directory above `path`, the nearest last.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

fn is_here(part: &str) -> bool {
    part.is_empty() || part == "."
}

/// Absolute anywhere: `C:` and a leading backslash are so on Windows.
fn is_absolute(path: &str) -> bool {
    let has_drive = matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    path.starts_with(['/', '\\']) || has_drive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (path, cleaned) in [
            ("a", "a"),
            ("./a//b/.", "a/b"),
            ("a/", "a"),
            ("..a/b..", "..a/b.."),
            ("é/☕", "é/☕"),
        ] {
            assert_eq!(clean(path.as_bytes()).as_deref(), Ok(cleaned));
        }
    }

    #[test]
    fn unsafe_paths_are_refused() {
        for path in [
            "", ".", "/", "/a", "..", "../a", "a/..", "a/../b", "a\\..\\b", "\\a", "C:\\a", "c:a",
        ] {
            assert_eq!(
                clean(path.as_bytes()),
                Err(PathError::Unsafe(path.to_owned()))
            );
        }
        assert!(matches!(clean(b"a\xff"), Err(PathError::NotText(_))));
        assert!(matches!(clean(b"a\0b"), Err(PathError::NotText(_))));
        assert!(matches!(clean(&[b'a'; 5000]), Err(PathError::TooLong(_))));
        assert!(matches!(
            clean(&b"a/".repeat(200)),
            Err(PathError::TooLong(_))
        ));
    }

    #[test]
    fn links_stay_inside() {
        assert_eq!(link_steps("a/b/l", "../c").unwrap(), ["a", "a/c"]);
        assert_eq!(link_steps("l", "./x/y").unwrap(), ["x", "x/y"]);
        assert_eq!(link_steps("a/l", "..").unwrap(), [""]);
        for target in ["", "..", "/etc", "x/../..", "C:x", "\\x", "x\\y", "a\nb"] {
            assert!(link_steps("l", target).is_err(), "{target}");
        }
    }
}
