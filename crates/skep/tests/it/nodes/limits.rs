//! Limits on guesses: nobody gets more of them by asking several nodes.

use super::{on_each_shop, owner};
use crate::support::fleet::Node;
use crate::support::http;
use crate::support::shop::Shop;

/// Sends a form to one node, as its page does: the status.
fn submit(shop: &Shop, node: &Node, path: &str, form: &str) -> u16 {
    let url = format!("{}{path}", node.url);
    let kind = "application/x-www-form-urlencoded";
    let headers = [("content-type", kind), ("origin", shop.url.as_str())];
    let answer = http::post(&url, &headers, form.as_bytes());
    answer.expect("the node answers").status
}

#[test]
fn wrong_passwords_and_codes_are_limited_across_nodes() {
    on_each_shop(|shop: Shop| {
        owner(&shop);
        let nodes: Vec<Node> = (0..3).map(|_| Node::start(&shop)).collect();
        let statuses: Vec<u16> = (0..9)
            .map(|turn| {
                let form = format!("username=rosa&password=wrong-{turn}");
                submit(&shop, &nodes[turn % 3], "/login", &form)
            })
            .collect();
        let (looked_at, refused) = statuses.split_at(5);
        assert!(!looked_at.contains(&429), "{statuses:?}");
        assert!(refused.iter().all(|status| *status == 429), "{statuses:?}");

        let guess = |turn: usize| {
            let body = format!(
                r#"{{"grant_type":"urn:ietf:params:oauth:grant-type:device_code","client_id":"78ea6566-89fd-481e-a1d6-7d9d78eacca8","device_code":"wrong-{turn}"}}"#
            );
            let url = format!("{}/api/oauth/token", nodes[turn % 3].url);
            let headers = [("content-type", "application/json")];
            let answer = http::post(&url, &headers, body.as_bytes());
            answer.expect("the node answers").status
        };
        let statuses: Vec<u16> = (0..36).map(guess).collect();
        let (looked_at, refused) = statuses.split_at(30);
        assert!(!looked_at.contains(&429), "{statuses:?}");
        assert!(refused.iter().all(|status| *status == 429), "{statuses:?}");
    });
}
