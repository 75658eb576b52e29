//! How long a revoked key still opens anything, on three nodes that share a PostgreSQL.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};

use super::{
    Bench,
    figures::{Figures, Promise},
    installation::{Installation, get, post_as},
    measure::timed,
    packages,
    postgres::Postgres,
};

const NAME: &str = "from a revocation until all of three nodes refuse the key, p99 in seconds";
const PROMISE: Promise = Promise::Under(1.0);
const NODES: usize = 3;
const REVOCATIONS: usize = 200;
/// Between two questions whether a key still works.
const PAUSE: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(30);
const PATH: &str = "/repo/packages/package_0000";

/// Measures it, in an installation of its own.
pub(super) fn measure(bench: &Bench, figures: &mut Figures) -> Result<()> {
    let Some(postgres) = Postgres::start()? else {
        figures.not_measured(NAME, "PostgreSQL is not installed");
        return Ok(());
    };
    let settings = [("SKEP_DATABASE__URL", postgres.url.as_str())];
    let mut first = Installation::empty_with(bench, "revocation", &settings)?;
    let release = packages::make(&bench.folder.path().join("revocation-tarballs"), 1, 1)?;
    first.publish(&[release[0].file.as_path()])?;
    first.import_licenses(REVOCATIONS)?;
    let key = manager_key(&first, bench.folder.path())?;
    let mut nodes = vec![first];
    while nodes.len() < NODES {
        nodes.push(nodes[0].at_another_port()?);
    }
    let servers: Vec<_> = nodes
        .iter()
        .map(Installation::serve)
        .collect::<Result<_>>()?;
    let addresses: Vec<SocketAddr> = nodes.iter().map(|node| node.address).collect();
    let mut seconds = Vec::new();
    for (number, license_key) in nodes[0].keys.iter().enumerate() {
        // Through one node after the other.
        let through = addresses[number % NODES];
        seconds.push(revoke(through, &addresses, &key, license_key)?.as_secs_f64());
    }
    drop(servers);
    report(seconds, figures);
    Ok(())
}

fn report(mut seconds: Vec<f64>, figures: &mut Figures) {
    seconds.sort_by(f64::total_cmp);
    let at = |share: f64| seconds[((seconds.len() - 1) as f64 * share).round() as usize];
    let details = format!(
        "{} revocations over the license API with {NODES} nodes; median {:.3}, longest {:.3}",
        seconds.len(),
        at(0.5),
        at(1.0),
    );
    figures.promised(NAME, at(0.99), "", PROMISE, &details);
}

/// The key of somebody who may change licenses.
fn manager_key(installation: &Installation, folder: &Path) -> Result<String> {
    let create = [
        "user",
        "create",
        "--username",
        "shop",
        "--email",
        "shop@example.com",
    ];
    timed(
        installation
            .command()
            .args(create)
            .args(["--role", "owner"]),
    )?;
    let mut create = installation.command();
    create.args(["api-key", "create", "shop", "--json"]);
    create.args([
        "--permission",
        "licenses:read",
        "--permission",
        "licenses:write",
    ]);
    let file = folder.join("manager-key");
    let output = create.stdout(fs::File::create(&file)?).status()?;
    ensure!(output.success(), "no key was made");
    let text = fs::read_to_string(&file)?;
    word(&text, "ska_").context("no key was printed")
}

/// The word in a text that begins like this.
fn word(text: &str, beginning: &str) -> Option<String> {
    let rest = &text[text.find(beginning)?..];
    let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    Some(rest[..rest.find(is_end).unwrap_or(rest.len())].to_owned())
}

/// Revokes the license of a key through one node: how long until every node refuses the key.
fn revoke(
    through: SocketAddr,
    nodes: &[SocketAddr],
    manager: &str,
    license_key: &str,
) -> Result<Duration> {
    let authorization = format!("authorization: {manager}\r\n");
    let question = format!(r#"{{"subject":"{license_key}"}}"#);
    let told = post_as(through, "/api/manage/explain", &authorization, &question)?;
    let license = word(&told, "lic_").with_context(|| format!("no license in {told}"))?;
    for node in nodes {
        ensure!(
            status(*node, license_key)? == "200",
            "the key does not work yet"
        );
    }
    let start = Instant::now();
    let path = format!("/api/manage/licenses/{license}/revoke");
    let waits = thread::scope(|scope| {
        let waiting: Vec<_> = nodes
            .iter()
            .map(|node| scope.spawn(|| until_refused(*node, license_key, start)))
            .collect();
        let answer = post_as(through, &path, &authorization, "{}");
        let waits: Vec<_> = waiting.into_iter().map(|wait| wait.join()).collect();
        answer.map(|_| waits)
    })?;
    let mut longest = Duration::ZERO;
    for wait in waits {
        longest = longest.max(wait.map_err(|_| anyhow!("waiting ended in a bug"))??);
    }
    Ok(longest)
}

fn until_refused(node: SocketAddr, license_key: &str, start: Instant) -> Result<Duration> {
    while status(node, license_key)? != "402" {
        ensure!(start.elapsed() < PATIENCE, "{node} never refused the key");
        thread::sleep(PAUSE);
    }
    Ok(start.elapsed())
}

fn status(node: SocketAddr, license_key: &str) -> Result<String> {
    let head = get(node, PATH, &format!("authorization: {license_key}\r\n"))?;
    let status = head
        .split(' ')
        .nth(1)
        .context("an answer without a status")?;
    Ok(status.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_with_what_is_no_part_of_them() {
        let text = r#"{"id":"lic_01ab","secret":"ska_9Zz"}"#;
        assert_eq!(word(text, "lic_").as_deref(), Some("lic_01ab"));
        assert_eq!(word(text, "ska_").as_deref(), Some("ska_9Zz"));
        assert_eq!(word(text, "key_"), None);
    }
}
