//! `skep license import`: everything or nothing.

use std::path::PathBuf;

use crate::support::{http, shop::Shop, story::Story};

fn shop_with_file(content: &str) -> (Shop, PathBuf) {
    let shop = Shop::with_widget();
    let file = shop.repository().with_file_name("licenses.csv");
    fs_err::write(&file, content).expect("the temporary folder is writable");
    (shop, file)
}

#[test]
fn customers_keep_their_keys() {
    let (mut shop, file) = shop_with_file(
        "\u{feff}key,customer_email,product,plan,updates_until,key_sha256\r\n\
         old-key-4711-of-rosa,rosa@example.com,tools,lifetime,,\r\n\
         ,kim@example.com,tools,perpetual,2024-03-01,\
         9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n\
         ,rosa@example.com,tools,lifetime,,\r\n",
    );
    let mut story = Story::of(&shop);
    story
        .skep(&format!("license import {}", file.display()))
        .succeeded();
    story.skep("customer list").succeeded();
    story.skep("license list").succeeded();
    insta::assert_snapshot!(story.text());
    shop.serve();
    let url = format!("{}/tarballs/widget-1.0.0.tar", shop.repository_url());
    for key in ["old-key-4711-of-rosa", "test"] {
        let answer = http::get(&url, &[("authorization", key)]).expect("an answer");
        assert_eq!(answer.status, 200, "{key}: {}", answer.text());
    }
}

#[test]
fn every_bad_line_is_named_and_nothing_is_imported() {
    let (shop, file) = shop_with_file(
        "customer_email,product,plan,access_until,key\n\
         rosa@example.com,tools,lifetime,,key-of-rosa-0001\n\
         kim,tools;toys,gold,soon,\n\
         jo@example.com,tools,trial,,key-of-rosa-0001\n\
         lee@example.com,tools\n",
    );
    let mut story = Story::of(&shop);
    story
        .skep(&format!("license import {}", file.display()))
        .failed();
    story.skep("customer list").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn an_unknown_column_is_an_error() {
    let (shop, file) = shop_with_file("customer_email,product,plan,expires\n");
    let mut story = Story::of(&shop);
    story
        .skep(&format!("license import {}", file.display()))
        .failed();
    story.skep("license import nowhere.csv").failed();
    insta::assert_snapshot!(story.text());
}
