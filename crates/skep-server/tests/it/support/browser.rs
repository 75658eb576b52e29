//! A real browser: Debian's Chromium, headless, driven through ChromeDriver. One at a time.

use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use super::port::free_port;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The width of a small telephone, and what is common on a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Telephone,
    Desk,
}

/// Chromium with a profile of its own.
pub(crate) struct Browser {
    client: Client,
    _driver: Driver,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// ChromeDriver and, in its process group, what it started.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).status();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Runs `story` in a new browser, and closes it.
    pub(crate) async fn run(screen: Screen, is_dark: bool, story: impl AsyncFnOnce(&Self)) {
        let turn = ONE_AT_A_TIME.lock().await;
        let profile = tempfile::tempdir().expect("a folder");
        let (driver, port) = start_driver().await;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(screen, is_dark, &profile))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        let browser = Self {
            client,
            _driver: driver,
            _profile: profile,
            _turn: turn,
        };
        story(&browser).await;
        let closed = browser.client.clone().close().await;
        closed.expect("Chromium ends");
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// What the browser is at.
    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.expect("a URL").to_string()
    }

    /// The heading of the page, once there is one with these words.
    pub(crate) async fn heading(&self, words: &str) {
        let xpath = format!("//h1[contains(., \"{words}\")]");
        let found = self.client.wait().at_most(Duration::from_secs(20));
        if found.for_element(Locator::XPath(&xpath)).await.is_err() {
            let source = self.client.source().await.unwrap_or_default();
            panic!("no heading `{words}` in {source}");
        }
    }

    /// The text of the page.
    pub(crate) async fn text(&self) -> String {
        let body = self.find("body").await;
        body.text().await.expect("text")
    }

    /// An element by CSS, once it is there.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let waiting = self.client.wait().at_most(Duration::from_secs(20));
        let found = waiting.for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Types into a field.
    pub(crate) async fn fill(&self, field: &str, text: &str) {
        let field = self.find(&format!("[name={field}]")).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Clicks on the button with these words.
    pub(crate) async fn click(&self, words: &str) {
        let xpath =
            format!("//main//*[(self::button or self::a) and normalize-space(.)=\"{words}\"]");
        let button = self.client.find(Locator::XPath(&xpath)).await;
        button.expect(words).click().await.expect(words);
    }

    /// Sends keys to whatever has the focus.
    pub(crate) async fn keys(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("a focus");
        focused.send_keys(keys).await.expect("it takes keys");
    }

    /// Goes on with the tabulator until what has the focus says this, as text or as a name.
    pub(crate) async fn tab_to(&self, words: &str) {
        for _ in 0..30 {
            self.keys(&Key::Tab.to_string()).await;
            let script = "const it = document.activeElement; \
                          const ring = getComputedStyle(it).outlineStyle !== 'none'; \
                          return [it.innerText.trim() || it.name || '', ring];";
            let focus = self.script(script).await;
            if focus[0].as_str() == Some(words) {
                assert_eq!(
                    focus[1],
                    json!(true),
                    "nobody sees that {words} has the focus"
                );
                return;
            }
        }
        panic!("no way to {words} with the keyboard");
    }

    /// What a script of WebDriver's says: pages themselves have none.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client
            .execute(script, Vec::new())
            .await
            .expect("a value")
    }

    /// That nothing has to be scrolled sideways, and a picture of it in `target/tmp/pages`.
    pub(crate) async fn fits(&self, name: &str) {
        let wide = self
            .script("return [document.documentElement.scrollWidth, window.innerWidth];")
            .await;
        assert!(wide[0].as_u64() <= wide[1].as_u64(), "{name}: {wide}");
        let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/pages");
        fs_err::create_dir_all(folder).expect("a folder");
        let picture = self.client.screenshot().await.expect("a picture");
        fs_err::write(format!("{folder}/{name}.png"), picture).expect("a file");
    }

    /// The browser's cookies, as `name=value`, with whether scripts are kept from them.
    pub(crate) async fn cookies(&self) -> Vec<(String, bool)> {
        let cookies = self.client.get_all_cookies().await.expect("cookies");
        let of = |cookie: &fantoccini::cookies::Cookie<'_>| {
            (
                cookie.name().to_owned(),
                cookie.http_only().unwrap_or(false),
            )
        };
        cookies.iter().map(of).collect()
    }
}

async fn start_driver() -> (Driver, u16) {
    let port = free_port();
    let mut command = Command::new("chromedriver");
    let child = command
        .arg(format!("--port={port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("these tests need ChromeDriver: `apt-get install chromium chromium-driver`");
    let driver = Driver(child);
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return (driver, port);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("ChromeDriver does not listen on port {port}");
}

fn capabilities(
    screen: Screen,
    is_dark: bool,
    profile: &TempDir,
) -> serde_json::Map<String, Value> {
    let mut arguments = vec![
        "--headless".to_owned(),
        // Without it, Chromium does not start as root, which CI is.
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--window-size=1280,1000".to_owned(),
        format!("--user-data-dir={}", profile.path().display()),
    ];
    if is_dark {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let mut options = json!({ "args": arguments });
    if screen == Screen::Telephone {
        let metrics = json!({ "width": 320, "height": 900, "pixelRatio": 2.0, "touch": false });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options });
    capabilities.as_object().expect("an object").clone()
}
