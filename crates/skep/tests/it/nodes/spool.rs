//! Usage that a killed node left behind: adopted by the others, once.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{on_each_shop, soon};
use crate::support::fleet::Node;
use crate::support::package::Package;
use crate::support::shop::Shop;

const REQUESTS: usize = 7;
const ROUNDS: usize = 6;

fn spooled(shop: &Shop) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(shop.repository().join("spool")).expect("it is there");
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .filter(|path| path.extension().is_some_and(|end| end != "tmp"))
        .collect()
}

/// The bytes of a file of the spool, which is there for a moment only: it may be missed.
fn catch(shop: &Shop) -> Option<(PathBuf, Vec<u8>)> {
    // Longer than the pause between two flushes.
    for _ in 0..25_000 {
        for path in spooled(shop) {
            if let Ok(bytes) = fs_err::read(&path)
                && !bytes.is_empty()
            {
                return Some((path, bytes));
            }
        }
        thread::sleep(Duration::from_micros(200));
    }
    None
}

fn counted(shop: &Shop) -> u64 {
    let usage = shop.skep(&["usage", "--json"]).succeeded();
    let usage: Value = serde_json::from_str(&usage.stdout).expect("JSON");
    total(&usage)
}

/// All counts in a report, wherever they are.
fn total(value: &Value) -> u64 {
    match value {
        Value::Array(values) => values.iter().map(total).sum(),
        Value::Object(fields) => {
            let own = fields.get("requests").and_then(Value::as_u64).unwrap_or(0);
            own + fields.get("rows").map_or(0, total)
        }
        _ => 0,
    }
}

#[test]
fn what_a_killed_node_spooled_is_counted_once() {
    on_each_shop(|shop: Shop| {
        shop.publish(&Package::new("widget", "1.0.0"), "2024-01-10");
        shop.skep(&["product", "create", "tools", "--package", "widget*"])
            .succeeded();
        let key = shop.license("eva@example.com", &["--plan", "lifetime"]).key;
        let node = Node::start(&shop);
        let mut asked = 0;
        let (path, bytes) = (0..ROUNDS)
            .find_map(|_| {
                for _ in 0..REQUESTS {
                    let answer = node.get("/repo/tarballs/widget-1.0.0.tar", &key);
                    assert_eq!(answer.status, 200);
                }
                asked += REQUESTS;
                catch(&shop)
            })
            .expect("a file of the spool is seen in one of the rounds");
        node.kill();
        // Whether or not it was delivered before the kill, this is what it left behind.
        fs_err::write(&path, &bytes).expect("writable");
        let nodes: Vec<Node> = (0..3).map(|_| Node::start(&shop)).collect();
        soon(|| spooled(&shop).is_empty());
        for node in nodes {
            node.stop();
        }
        let counted = counted(&shop);
        assert_eq!(counted, asked as u64);
    });
}
