//! docs/guides/shop.md says it, so it works.

use std::process::Command;

use serde_json::Value;

use super::Shop;
use crate::support::TestApp;

const GUIDE: &str = include_str!("../../../../../docs/guides/shop.md");

/// The guide's code in a language.
fn blocks(language: &str) -> String {
    let begin = format!("```{language}\n");
    let code = GUIDE
        .split(&begin)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    code.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_body_for_curl_is_right() {
    let shop = Shop::new(TestApp::new().await).await;
    let body = GUIDE.split("-d '").nth(1).unwrap();
    let body: Value = serde_json::from_str(body.split('\'').next().unwrap()).unwrap();
    let put = async || shop.put("order-1042", &body).await;
    put().await.expect_status(201);
    put().await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "what was not run is said out loud")]
async fn the_elixir_of_the_guide_works() {
    let shop = Shop::new(TestApp::new().await).await;
    let start = "Enum.each([:inets, :ssl, :public_key], &Application.ensure_all_started/1)\n";
    let file = shop.app.dir().join("shop.exs");
    fs_err::write(&file, format!("{start}{}", blocks("elixir"))).unwrap();
    let mut elixir = Command::new("elixir");
    elixir.arg(file).env("SKEP_URL", &shop.app.url);
    elixir.env("SKEP_API_KEY", &shop.key);
    let mut run = || elixir.output().ok();
    for expected in ["send to the customer: skl_", "changed: []"] {
        let Some(output) = tokio::task::block_in_place(&mut run) else {
            eprintln!("Elixir is not installed: the guide's snippet was not run");
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{said}{errors}");
    }
}
