//! Headless Chromium by WebDriver, driven as a person does by mouse and keyboard.
//! <https://www.w3.org/TR/webdriver2/>, and of its vendor: <https://chromedevtools.github.io/devtools-protocol/>.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::actions::{
    Actions, InputSource as _, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, WheelAction, WheelActions,
};
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// A bound for what the page or the browser does, far beyond what any takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys by their code points, <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
pub(super) mod key {
    pub(in crate::page) const TAB: char = '\u{E004}';
    pub(in crate::page) const ENTER: char = '\u{E007}';
    pub(in crate::page) const CONTROL: char = '\u{E009}';
    pub(in crate::page) const RIGHT: char = '\u{E014}';
    pub(in crate::page) const DOWN: char = '\u{E015}';
}

/// A command of Chromium's own, by its path below the session.
#[derive(Debug)]
struct VendorCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for VendorCommand {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// A browser with one window. It ends with this, and so does the browser if only its driver is killed: they speak by a pipe.
pub(super) struct Browser {
    driver: Child,
    runtime: Runtime,
    client: Client,
    profile: TempDir,
}

impl Browser {
    /// Starts one. Where there is no driver, nothing; that is said on standard error, which no test runner takes from a test that passes.
    pub(super) fn start() -> Option<Self> {
        let spawned = Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut driver = match spawned {
            Ok(driver) => driver,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let _ = writeln!(
                    io::stderr(),
                    "SKIPPED: there is no chromedriver here, so that no browser looks at the page of a report"
                );
                return None;
            }
            Err(error) => panic!("chromedriver: {error}"),
        };
        let mut said = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let port = said.by_ref().map_while(Result::ok).find_map(|line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse::<u16>().ok()
        });
        // Whoever reads no more would let it die of a closed pipe.
        std::thread::spawn(move || said.for_each(drop));
        let profile = tempfile::tempdir().expect("a folder");
        let port = port.expect("chromedriver says its port");
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--remote-debugging-pipe".to_owned(),
            "--window-size=1200,900".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let capabilities = Capabilities::from_iter([
            ("goog:chromeOptions".to_owned(), json!({ "args": arguments })),
            ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL", "performance": "ALL" })),
        ]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let client = runtime.block_on(within("a session", builder.connect(&url)));
        Some(Self { driver, runtime, client, profile })
    }

    /// Does what the future does, in the bounds of patience.
    fn wait<T, E: std::fmt::Display>(&self, what: &str, asked: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(within(what, asked))
    }

    fn vendor(&self, path: &'static str, body: Value) -> Value {
        self.wait(path, self.client.issue_cmd(VendorCommand { path, body }))
    }

    pub(super) fn open(&self, page: &Path) {
        self.visit(&format!("file://{}", page.display()));
    }

    /// Opens what is at a URL.
    pub(super) fn visit(&self, url: &str) {
        self.wait("goto", self.client.goto(url));
    }

    /// What a function's body returns.
    pub(super) fn script(&self, body: &str) -> Value {
        self.wait(body, self.client.execute(body, Vec::new()))
    }

    /// Waits until an expression is true.
    pub(super) fn until(&self, expression: &str) {
        let seen = nightproof_poll::until_blocking(PATIENCE, || {
            let seen = self.script(&format!("return {expression}"));
            if seen == true { Ok(()) } else { Err(seen) }
        });
        if let Err(seen) = seen {
            panic!("`{expression}` is still {seen}; the page: {}", self.script("return document.body.innerText"));
        }
    }

    fn element(&self, css: &str) -> Element {
        self.wait(css, self.client.find(Locator::Css(css)))
    }

    /// Clicks the middle of an element; one that is covered by another cannot be.
    pub(super) fn click(&self, css: &str) {
        self.wait(css, self.element(css).click());
    }

    /// Types keys one after the other, wherever the focus is.
    pub(super) fn press(&self, keys: impl IntoIterator<Item = char>) {
        let strokes = keys.into_iter().fold(KeyActions::new("keyboard".to_owned()), |strokes, value| {
            strokes.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.wait("keys", self.client.perform_actions(strokes));
    }

    /// Turns the wheel over an element while Control is held.
    pub(super) fn wheel(&self, css: &str, by: i32) {
        let middle = self.script(&format!(
            "const at = document.querySelector('{css}');
            at.scrollIntoView({{ block: 'center', behavior: 'instant' }});
            const box = at.getBoundingClientRect();
            return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)]"
        ));
        let (x, y): (i64, i64) = serde_json::from_value(middle).expect("a place");
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: key::CONTROL })
            .pause(Duration::ZERO)
            .then(KeyAction::Up { value: key::CONTROL });
        let wheel = WheelActions::new("wheel".to_owned())
            .pause(Duration::ZERO)
            .then(WheelAction::Scroll { duration: None, x, y, delta_x: 0, delta_y: by.into() })
            .pause(Duration::ZERO);
        self.wait("the wheel", self.client.perform_actions(Actions::from(keys).and(wheel)));
    }

    /// Drags an element's content sideways.
    pub(super) fn drag(&self, css: &str, by: i32) {
        let moved = |x: i32| PointerAction::MoveToElement {
            element: self.element(css),
            duration: Some(Duration::ZERO),
            x: x.into(),
            y: 0.0,
        };
        let actions = MouseActions::new("mouse".to_owned())
            .then(moved(0))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(moved(by))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.wait("the mouse", self.client.perform_actions(actions));
    }

    /// A command of the DevTools protocol.
    pub(super) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.vendor("goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// A window of this width, in CSS pixels, narrower than any window of a desktop too.
    pub(super) fn wide(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        self.until(&format!("innerWidth === {width}"));
        // What the page does about it comes with the next frame.
        let frame = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
        self.wait(frame, self.client.execute_async(frame, Vec::new()));
    }

    /// What a person's system prefers: `light` or `dark`.
    pub(super) fn prefers(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &features);
        self.until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"));
    }

    /// Entries of a log (`browser`, `performance`) since it was asked for last.
    pub(super) fn log(&self, kind: &str) -> Vec<Value> {
        let log = self.vendor("se/log", json!({ "type": kind }));
        log.as_array().unwrap_or_else(|| panic!("no log: {log}")).clone()
    }

    /// Writes a picture of the whole page into the folder that `NIGHTPROOF_SCREENSHOTS` names, for who wants to look.
    pub(super) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("NIGHTPROOF_SCREENSHOTS") else { return };
        let picture = self.devtools("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        let png = STANDARD.decode(picture.get("data").and_then(Value::as_str).expect("a picture")).expect("base64");
        fs::write(Path::new(&folder).join(format!("{name}.png")), png).expect("a file");
    }

    /// Ends it, and waits until no process of it is left.
    pub(super) fn quit(self) {
        let profile = self.profile.path().to_owned();
        drop(self);
        let ended = nightproof_poll::until_blocking(PATIENCE, || process_that_names(&profile).map_or(Ok(()), Err));
        assert_eq!(ended, Ok(()), "a process of the browser is left");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends by its session, or else by the end of its driver.
        let closed = self.client.clone().close();
        let _ = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, closed).await });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// What was asked for; panics if it is refused or does not come in the bounds of patience.
async fn within<T, E: std::fmt::Display>(what: &str, asked: impl Future<Output = Result<T, E>>) -> T {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => panic!("{what}: {error}"),
        Err(_) => panic!("{what}: nothing came in {} s", PATIENCE.as_secs()),
    }
}

/// The command line of a process that names a folder.
fn process_that_names(folder: &Path) -> Option<String> {
    let folder = folder.to_str().expect("a name in UTF-8");
    let processes = fs::read_dir("/proc").expect("processes");
    processes.flatten().find_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(folder).then_some(line)
    })
}
