//! Every page, rendered with a sample.

use askama::Template;

use super::account::{AccountPage, Expiry, KeyLine, SessionLine, ToolLine};
use super::device::{DeviceCodePage, DeviceConsentPage, DeviceDonePage};
use super::error::ErrorPage;
use super::form::Refusal;
use super::frame::Frame;
use super::keys::{Filled, KeyMadePage, NewKeyPage};
use super::link::LinkPage;
use super::login::{CodePage, LoginPage, LogoutPage};
use super::next::Next;
use super::password::PasswordPage;
use super::second_factor::{EnrollPage, RecoveryCodesPage, SecondFactorPage};
use super::when::When;
use crate::accounts::role::Role;
use crate::accounts::second_factor::Enrollment;
use crate::accounts::totp::TotpSecret;
use crate::clock::{Clock, Timestamp};

const NOW: When = When(Timestamp::from_seconds(1_795_348_800));
/// In every place where somebody else's text can be.
const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn wrong(field: &'static str) -> Option<Refusal> {
    Some(Refusal::of_field(field, &HOSTILE))
}

fn account() -> AccountPage {
    let hostile = || HOSTILE.to_owned();
    let key = KeyLine {
        id: "apk_1".to_owned(),
        name: hostile(),
        hint: "wxyz".to_owned(),
        permissions: "May publish".to_owned(),
        made: NOW,
        expires: Some(Expiry {
            is_over: true,
            at: NOW,
        }),
        used: Some(NOW),
    };
    let tool = ToolLine {
        id: "grt_1".to_owned(),
        client: "mix".to_owned(),
        name: hostile(),
        scope: "May publish".to_owned(),
        since: NOW,
        seen: NOW,
    };
    let session = |is_this| SessionLine {
        id: "ses_1".to_owned(),
        address: "192.0.2.1".to_owned(),
        user_agent: hostile(),
        since: NOW,
        seen: NOW,
        is_this,
    };
    AccountPage {
        frame: Frame::sample(),
        done: Some("The password is changed."),
        username: "jo".to_owned(),
        email: "jo@example.com".to_owned(),
        role: "owner",
        codes_left: Some(1),
        keys: vec![key],
        tools: vec![tool],
        sessions: vec![session(true), session(false)],
    }
}

fn empty_account() -> AccountPage {
    AccountPage {
        done: None,
        codes_left: None,
        keys: Vec::new(),
        tools: Vec::new(),
        ..account()
    }
}

fn consent() -> DeviceConsentPage {
    DeviceConsentPage {
        frame: Frame::sample(),
        username: "jo".to_owned(),
        client: "mix".to_owned(),
        name: HOSTILE.to_owned(),
        address: "192.0.2.1".to_owned(),
        user_code: "WXYT-4793".to_owned(),
        asked: NOW,
        scopes: vec!["publish packages".to_owned()],
        needs_second_factor: true,
    }
}

fn enrollment() -> Enrollment {
    Enrollment {
        secret: TotpSecret::generate(&Clock::system()),
        issuer: "Skep acme".to_owned(),
        username: "jo".to_owned(),
    }
}

/// Makes a page, with what is wrong in it.
type Render = Box<dyn Fn(Option<&Refusal>) -> String>;

/// Each page as it is and with something wrong.
fn samples() -> Vec<(&'static str, String)> {
    let frame = Frame::sample;
    let next = || Next::from_text("/oauth/device?user_code=WXYT4793");
    let mut all: Vec<(&'static str, Render)> = Vec::new();
    macro_rules! form {
        ($field:literal, |$refusal:ident| $page:expr) => {
            all.push((
                $field,
                Box::new(move |$refusal| $page.render().expect("it renders")),
            ));
        };
    }
    form!("", |refusal| LoginPage::new(
        Frame::plain(),
        next(),
        HOSTILE,
        refusal
    ));
    form!("code", |refusal| CodePage::new(frame(), next(), refusal));
    form!("code", |refusal| LinkPage::new(frame(), HOSTILE, refusal));
    form!("current", |refusal| PasswordPage::new(frame(), refusal));
    form!("code", |refusal| EnrollPage::new(
        frame(),
        &enrollment(),
        refusal
    ));
    form!("code", |refusal| SecondFactorPage::new(frame(), 7, refusal));
    form!("permission", |refusal| {
        NewKeyPage::new(frame(), Role::Owner, &Filled::default(), refusal)
    });
    form!("user_code", |refusal| DeviceCodePage::new(
        frame(),
        HOSTILE,
        refusal
    ));
    let mut pages: Vec<(&'static str, String)> = Vec::new();
    for (field, render) in &all {
        pages.push(("", render(None)));
        pages.push((field, render(wrong(field).as_ref())));
        let above = Refusal::of_form(http::StatusCode::TOO_MANY_REQUESTS, &HOSTILE);
        pages.push(("", render(Some(&above))));
    }
    let secret = || "ska_0000".to_owned();
    let rendered = [
        LogoutPage { frame: frame() }.render(),
        account().render(),
        empty_account().render(),
        consent().render(),
        DeviceDonePage {
            frame: frame(),
            heading: "Done",
            text: "Close this page.",
        }
        .render(),
        RecoveryCodesPage {
            frame: frame(),
            done: "On.",
            codes: vec!["aaaa-bbbb-cccc-dddd".to_owned(); 10],
        }
        .render(),
        KeyMadePage {
            frame: frame(),
            name: HOSTILE.to_owned(),
            secret: secret(),
            api_url: Some("https://hex.acme.example/api".to_owned()),
        }
        .render(),
        ErrorPage {
            frame: Frame::plain(),
            heading: "Not now",
            text: "Later.",
        }
        .render(),
    ];
    pages.extend(rendered.map(|page| ("", page.expect("it renders"))));
    pages
}

/// The values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.match_indices(&start)
        .filter_map(|(at, _)| html[at + start.len()..].split('"').next())
        .collect()
}

#[test]
fn every_page_is_whole_and_runs_nothing() {
    for (_, html) in samples() {
        let count = |text: &str| html.matches(text).count();
        assert!(
            html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"),
            "{html}"
        );
        for once in ["<h1>", "<main ", "</html>", "<title>", "</title>"] {
            assert_eq!(count(once), 1, "{once} in {html}");
        }
        for never in [
            "<script",
            "style=",
            "javascript:",
            " onclick",
            " onload",
            "<iframe",
        ] {
            assert_eq!(count(never), 0, "{never} in {html}");
        }
        assert_eq!(count("<form"), count("</form>"), "{html}");
    }
}

#[test]
fn every_input_has_a_name_for_screen_readers_and_every_reference_leads_somewhere() {
    for (_, html) in samples() {
        let ids = values(&html, "id");
        for id in &ids {
            assert_eq!(
                ids.iter().filter(|other| *other == id).count(),
                1,
                "{id} in {html}"
            );
        }
        for attribute in ["for", "aria-describedby", "aria-labelledby"] {
            for reference in values(&html, attribute) {
                for id in reference.split(' ') {
                    assert!(ids.contains(&id), "{attribute}={id} in {html}");
                }
            }
        }
        let labeled = values(&html, "for");
        for input in html.split("<input ").skip(1) {
            let input = input.split('>').next().unwrap();
            if input.contains("type=\"hidden\"") {
                continue;
            }
            let input = format!(" {input}");
            let id = values(&input, "id");
            assert!(
                id.len() == 1 && labeled.contains(&id[0]),
                "{input} in {html}"
            );
        }
    }
}

#[test]
fn what_is_wrong_is_beside_its_field_and_in_the_title() {
    let mut count = 0;
    for (field, html) in samples() {
        if field.is_empty() {
            continue;
        }
        count += 1;
        assert!(html.contains("<title>Error: "), "{html}");
        assert!(
            html.contains(&format!("id=\"{field}-error\"")),
            "{field} in {html}"
        );
    }
    assert_eq!(count, 7);
}
