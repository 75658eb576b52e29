//! Nodes that are replaced under load: not one request is lost.

use std::net::TcpListener;

use super::proxy::Proxy;
use super::soon;
use crate::support::fleet::Node;
use crate::support::http;
use crate::support::load::{Load, Wanted};
use crate::support::outside::port::free_port;
use crate::support::shop::Shop;

const GRACE: (&str, &str) = ("SKEP_SERVER__GRACE_SECONDS", "1");
const ROUNDS: u64 = 3;
/// Answers between two steps.
const BETWEEN: u64 = 250;

fn wanted(shop: &Shop, address: String) -> Wanted {
    let license = shop.license("eva@example.com", &["--plan", "lifetime"]);
    let paths = ["packages/widget", "tarballs/widget-1.0.0.tar", "versions"];
    Wanted {
        address,
        paths: paths.map(|path| format!("/repo/{path}")).to_vec(),
        key: license.key,
    }
}

#[track_caller]
fn ends_well(load: Load) {
    let (answered, failures) = load.end();
    assert_eq!(failures, Vec::<String>::new(), "of {answered}");
    assert!(answered >= ROUNDS * BETWEEN, "{answered}");
}

#[test]
fn a_socket_that_is_handed_over_loses_no_request() {
    let shop = Shop::with_widget();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let mut node = Node::start_with(&shop, &listener, &[GRACE]);
    let load = Load::start(&wanted(&shop, address), 4, 2);
    for _ in 0..ROUNDS {
        load.wait_for(BETWEEN);
        let next = Node::start_with(&shop, &listener, &[GRACE]);
        load.wait_for(BETWEEN);
        node.stop();
        node = next;
    }
    load.wait_for(BETWEEN);
    ends_well(load);
}

#[test]
fn connections_wait_in_the_socket_while_the_only_node_is_replaced() {
    let shop = Shop::with_widget();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let load_of = wanted(&shop, address);
    let mut node = Node::start_with(&shop, &listener, &[GRACE]);
    let load = Load::start(&load_of, 2, 2);
    for _ in 0..ROUNDS {
        load.wait_for(BETWEEN);
        // As `systemctl restart` does it: first the end of one, then the start of the next.
        node.stop();
        node = Node::start_with(&shop, &listener, &[GRACE]);
    }
    load.wait_for(BETWEEN);
    ends_well(load);
}

#[test]
fn two_nodes_behind_nginx_are_replaced_in_turn() {
    let shop = Shop::with_widget();
    let ports = [free_port(), free_port()];
    let start = |port| Node::start_at(&shop, port, &[GRACE]);
    let mut nodes = ports.map(start).map(Some);
    let proxy = Proxy::start(&ports);
    let load = Load::start(&wanted(&shop, proxy.address()), 4, 2);
    for round in 0..2 * ROUNDS {
        load.wait_for(BETWEEN);
        let turn = usize::from(round % 2 == 1);
        nodes[turn].take().expect("it runs").stop();
        load.wait_for(BETWEEN);
        nodes[turn] = Some(start(ports[turn]));
    }
    load.wait_for(BETWEEN);
    ends_well(load);
}

#[test]
fn a_node_that_was_told_to_stop_says_so_before_it_stops() {
    let shop = Shop::with_widget();
    let port = free_port();
    let node = Node::start_at(&shop, port, &[("SKEP_SERVER__GRACE_SECONDS", "3")]);
    let readyz = format!("{}/readyz", node.url);
    node.tell_to_stop();
    // New connections are taken all the same.
    soon(|| http::get(&readyz, &[]).is_ok_and(|answer| answer.status == 503));
    let url = format!("{}/repo/public_key", node.url);
    let answer = http::get(&url, &[]).expect("the node answers");
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    node.wait_for_end();
    assert!(http::get(&readyz, &[]).is_err(), "nobody listens");
}

#[test]
fn a_strange_socket_is_refused() {
    let shop = Shop::init();
    let mut serve = shop.command();
    serve
        .arg("serve")
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDS_FIRST_FD", "0");
    let ran = crate::support::run::run(&mut serve).failed();
    ran.says("what was handed over (LISTEN_FDS) cannot be used")
        .says("ListenStream");
}
