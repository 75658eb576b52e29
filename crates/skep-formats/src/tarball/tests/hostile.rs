use std::io::{self, Read};

use super::build::{Entry, METADATA, check, file, link, package, package_of, story, tar};
use crate::gzip;
use crate::tarball::{FileKind, Limits, Sink, TarballError, unpack};

fn refusal(tarball: &[u8]) -> String {
    story(&check(tarball).unwrap_err())
}

fn outer(entries: &[Entry<'_>]) -> String {
    refusal(&tar(entries))
}

#[test]
fn the_outer_tar_takes_plain_files_only() {
    let kind = |kind| Entry {
        kind,
        ..file("VERSION", b"")
    };
    for (entry, letter) in [
        (kind(b'1'), '1'),
        (kind(b'2'), '2'),
        (kind(b'5'), '5'),
        (kind(b'x'), 'x'),
        (kind(b'g'), 'g'),
        (kind(b'L'), 'L'),
    ] {
        let message = format!("`VERSION` in the tarball is not a plain file (type `{letter}`)");
        assert_eq!(outer(&[entry]), message);
    }
    assert_eq!(
        outer(&[file("VERSION", b"3"), file("VERSION", b"3")]),
        "the tarball has the file `VERSION` twice"
    );
    assert_eq!(
        outer(&[file("./VERSION", b"3")]),
        "the tarball has an unexpected file `./VERSION`"
    );
    assert_eq!(outer(&[]), "the tarball is empty");
}

#[test]
fn sizes_are_limited_before_anything_is_read() {
    let long = [b'3'; 33];
    assert_eq!(
        outer(&[file("VERSION", &long)]),
        "the file `VERSION` in the tarball has more than `32` bytes"
    );
    let limits = Limits {
        metadata: 10,
        ..Limits::default()
    };
    let tarball = package(&[]);
    let error = unpack(&tarball[..], &limits, Sink::Discard).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file `metadata.config` in the tarball has more than `10` bytes"
    );
    let compressed = tarball.len() as u64 - 1;
    let limits = Limits {
        compressed,
        ..Limits::default()
    };
    let error = unpack(&tarball[..], &limits, Sink::Discard).unwrap_err();
    assert!(matches!(error, TarballError::TooLarge { .. }), "{error}");
}

#[test]
fn cut_or_changed_anywhere_it_is_refused() {
    let tarball = package(&[file("a", b"some text")]);
    let end_of_data = tarball.len() - 1024;
    for length in (0..end_of_data).step_by(97) {
        assert!(check(&tarball[..length]).is_err(), "{length}");
    }
    let mut longer = tarball.clone();
    longer.extend([0; 512]);
    assert!(check(&longer).is_ok());
    longer.push(1);
    assert_eq!(
        refusal(&longer),
        "there is data after the end of the tarball"
    );
    let mut damaged = tarball.clone();
    damaged[3 * 1024 + 512 + 20] ^= 1;
    assert!(refusal(&damaged).starts_with("the checksum of the tarball's files is"));
}

#[test]
fn files_come_in_any_order() {
    let contents = gzip::compress(&tar(&[file("a", b"1")]));
    let ordered = package_of(&contents);
    let checksum = String::from_utf8(ordered[1536..1600].to_vec()).unwrap();
    let files = [
        file("contents.tar.gz", &contents),
        file("CHECKSUM", checksum.as_bytes()),
        file("metadata.config", METADATA.as_bytes()),
        file("VERSION", b"3"),
    ];
    let unpacked = check(&tar(&files)).unwrap();
    assert_eq!(
        unpacked.inner_checksum,
        check(&ordered).unwrap().inner_checksum
    );
    assert_eq!(unpacked.files.len(), 1);
    let wrong = [b'0'; 64];
    let mut files = files;
    files[1].data = &wrong;
    assert!(outer(&files).contains("CHECKSUM says"));
}

#[test]
fn unsafe_contents_are_refused() {
    let check = |entries: &[Entry<'_>], fault: &str| {
        let message = refusal(&package(entries));
        let inner = message
            .strip_prefix("contents.tar.gz is invalid: ")
            .unwrap();
        assert_eq!(inner, fault);
    };
    check(
        &[file("/etc/passwd", b"")],
        "the path `/etc/passwd` is unsafe: it must be relative and must not contain `..`",
    );
    check(
        &[link("a", "../b")],
        "the link `a` is unsafe: its target `../b` is not inside the package",
    );
    check(
        &[link("a", "."), file("a/b", b"")],
        "the path `a/b` leads through a link",
    );
    check(
        &[link("x", "."), link("x/y", "..")],
        "the path `x/y` leads through a link",
    );
    check(
        &[link("p/q/up", "../.."), link("evil", "p/q/up/../x")],
        "the link `evil` is unsafe: its target `p/q/up/../x` is not inside the package",
    );
    let device = Entry {
        kind: b'3',
        ..file("dev", b"")
    };
    check(
        &[device],
        "`dev` is neither a file nor a directory nor a symbolic link",
    );
    let hard_link = Entry {
        kind: b'1',
        ..link("l", "a")
    };
    check(
        &[file("a", b""), hard_link],
        "`l` is neither a file nor a directory nor a symbolic link",
    );
    let sized_link = Entry {
        data: b"data",
        ..link("l", "a")
    };
    check(
        &[sized_link],
        "`l` is neither a file nor a directory nor a symbolic link",
    );
}

#[test]
fn long_names_are_read_within_limits() {
    let pax = |kind, data| Entry {
        kind,
        data,
        ..file("pax", b"")
    };
    let names = |entries: &[Entry<'_>]| {
        let unpacked = check(&package(entries)).map_err(|error| story(&error))?;
        Ok::<_, String>(
            unpacked
                .files
                .into_iter()
                .map(|file| file.path)
                .collect::<Vec<_>>(),
        )
    };
    let given = [pax(b'x', b"12 path=b/c\n"), file("a", b"")];
    assert_eq!(names(&given).unwrap(), ["b/c"]);
    assert_eq!(
        names(&[pax(b'L', b"d/e\0"), file("a", b"")]).unwrap(),
        ["d/e"]
    );
    assert_eq!(
        names(&[pax(b'g', b"13 comment=x\n"), file("a", b"")]).unwrap(),
        ["a"]
    );
    for (data, kind) in [(&b"14 path=../../x\n"[..], b'x'), (b"../x\0", b'L')] {
        assert!(names(&[pax(kind, data), file("a", b"")]).is_err());
    }
    let size = names(&[pax(b'x', b"9 size=1\n"), file("a", b"")]);
    assert!(size.unwrap_err().ends_with("a PAX header sets a size"));
    let path = names(&[pax(b'g', b"10 path=b\n"), file("a", b"")]);
    assert!(
        path.unwrap_err()
            .ends_with("a global PAX header sets a path")
    );
    let large = vec![b'a'; 70_000];
    let long = names(&[pax(b'L', &large), file("a", b"")]);
    assert!(
        long.unwrap_err()
            .ends_with("an extension header is too long")
    );
    let alone = names(&[pax(b'L', b"b\0")]);
    assert!(alone.unwrap_err().ends_with("the tar archive is truncated"));
}

#[test]
fn archives_have_one_end() {
    let inner = tar(&[file("a", b"")]);
    let fault = |contents: &[u8]| refusal(&package_of(contents));
    let trailing = "contents.tar.gz is invalid: there is data after the end of the archive";
    let mut two = gzip::compress(&inner);
    two.extend(gzip::compress(&inner));
    assert_eq!(fault(&two), trailing);
    let mut padded = inner.clone();
    padded.push(1);
    assert_eq!(fault(&gzip::compress(&padded)), trailing);
    let truncated = "contents.tar.gz is invalid: the tar archive is truncated";
    assert_eq!(fault(&gzip::compress(&inner[..512])), truncated);
    assert_eq!(fault(&gzip::compress(b"")), truncated);
    let text = "contents.tar.gz is invalid: the unpacked data is not a tar archive";
    assert_eq!(fault(&gzip::compress(&[b'x'; 600])), text);
}

#[test]
fn files_are_limited() {
    let limits = Limits {
        files: 1,
        ..Limits::default()
    };
    let tarball = package(&[file("a", b""), file("b", b"")]);
    let error = unpack(&tarball[..], &limits, Sink::Discard).unwrap_err();
    assert_eq!(
        story(&error),
        "contents.tar.gz is invalid: there are more than `1` files"
    );
}

#[test]
fn links_and_repeated_files_are_unpacked() {
    let entries = [
        file("a", b"first"),
        link("l", "d/b"),
        file("d/b", b"second"),
        file("a", b"third"),
        file("d/", b""),
    ];
    let tarball = package(&entries);
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out");
    let unpacked = unpack(&tarball[..], &Limits::default(), Sink::Directory(&target)).unwrap();
    let paths: Vec<&str> = unpacked
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(paths, ["a", "l", "d/b", "d"]);
    assert_eq!(unpacked.files[3].kind, FileKind::Directory);
    let text = |name: &str| io::read_to_string(fs_err::File::open(target.join(name)).unwrap());
    assert_eq!(text("a").unwrap(), "third");
    assert_eq!(text("l").unwrap(), "second");
}

/// Fails after some bytes, as a network does.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Ok(0) => Err(io::ErrorKind::ConnectionReset.into()),
            other => other,
        }
    }
}

#[test]
fn a_failing_reader_is_not_a_bad_tarball() {
    let tarball = package(&[file("a", b"some text")]);
    for length in (0..tarball.len()).step_by(211) {
        let error = unpack(
            Failing(&tarball[..length]),
            &Limits::default(),
            Sink::Discard,
        );
        let error = error.unwrap_err();
        assert!(matches!(error, TarballError::Read(_)), "{length}: {error}");
    }
}
