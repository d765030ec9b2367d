//! A client of WebDriver: headless Chromium, driven as a person does by mouse and keyboard.
//! <https://www.w3.org/TR/webdriver2/>, and of its vendor: <https://chromedevtools.github.io/devtools-protocol/>.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A bound for what the page or the browser does, far beyond what any takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// The member that stands for an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys by their code points, <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
pub(super) mod key {
    pub(in crate::page) const TAB: char = '\u{E004}';
    pub(in crate::page) const ENTER: char = '\u{E007}';
    pub(in crate::page) const CONTROL: char = '\u{E009}';
    pub(in crate::page) const RIGHT: char = '\u{E014}';
    pub(in crate::page) const DOWN: char = '\u{E015}';
}

/// A browser with one window. It ends with this, and so does the browser if only its driver is killed: they speak by a pipe.
pub(super) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// Address of the session.
    session: String,
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
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).proxy(None).build();
        let profile = tempfile::tempdir().expect("a folder");
        let mut browser = Self { driver, agent: config.into(), session: String::new(), profile };
        let port = port.expect("chromedriver says its port");
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--remote-debugging-pipe".to_owned(),
            "--window-size=1200,900".to_owned(),
            format!("--user-data-dir={}", browser.profile.path().display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        browser.session = format!("http://127.0.0.1:{port}/session");
        let made = browser.post("", &wanted);
        let id = made.get("sessionId").and_then(Value::as_str).expect("a session");
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        let answer = self.agent.post(format!("{}{command}", self.session)).send(body.to_string());
        value(command, answer)
    }

    pub(super) fn open(&self, page: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", page.display()) }));
    }

    /// What a function's body returns.
    pub(super) fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Waits until an expression is true.
    pub(super) fn until(&self, expression: &str) {
        let begun = Instant::now();
        loop {
            let seen = self.script(&format!("return {expression}"));
            if seen == true {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "`{expression}` is still {seen}; the page: {}",
                self.script("return document.body.innerText")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn element(&self, css: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        found.get(ELEMENT).and_then(Value::as_str).unwrap_or_else(|| panic!("`{css}` is no element: {found}")).to_owned()
    }

    /// Clicks the middle of an element; one that is covered by another cannot be.
    pub(super) fn click(&self, css: &str) {
        self.post(&format!("/element/{}/click", self.element(css)), &json!({}));
    }

    /// Types keys one after the other, wherever the focus is.
    pub(super) fn press(&self, keys: impl IntoIterator<Item = char>) {
        let stroke = |key: char| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        let strokes: Vec<Value> = keys.into_iter().flat_map(stroke).collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }

    /// Turns the wheel over an element while Control is held.
    pub(super) fn wheel(&self, css: &str, by: i32) {
        let origin = json!({ ELEMENT: self.element(css) });
        let pause = json!({ "type": "pause" });
        self.post(
            "/actions",
            &json!({ "actions": [
            { "type": "key", "id": "keyboard", "actions": [
                { "type": "keyDown", "value": key::CONTROL }, pause, { "type": "keyUp", "value": key::CONTROL },
            ] },
            { "type": "wheel", "id": "wheel", "actions": [
                pause, { "type": "scroll", "x": 0, "y": 0, "deltaX": 0, "deltaY": by, "origin": origin }, pause,
            ] },
        ] }),
        );
    }

    /// Drags an element's content sideways.
    pub(super) fn drag(&self, css: &str, by: i32) {
        let origin = json!({ ELEMENT: self.element(css) });
        let moved = |x: i32| json!({ "type": "pointerMove", "duration": 0, "x": x, "y": 0, "origin": origin });
        let actions = json!([moved(0), { "type": "pointerDown", "button": 0 }, moved(by), { "type": "pointerUp", "button": 0 }]);
        self.post("/actions", &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": actions }] }));
    }

    /// A command of the DevTools protocol.
    pub(super) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// A window of this width, in CSS pixels, narrower than any window of a desktop too.
    pub(super) fn wide(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        self.until(&format!("innerWidth === {width}"));
        // What the page does about it comes with the next frame.
        let frame = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
        self.post("/execute/async", &json!({ "script": frame, "args": [] }));
    }

    /// What a person's system prefers: `light` or `dark`.
    pub(super) fn prefers(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &features);
        self.until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"));
    }

    /// Entries of a log (`browser`, `performance`) since it was asked for last.
    pub(super) fn log(&self, kind: &str) -> Vec<Value> {
        let log = self.post("/se/log", &json!({ "type": kind }));
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
        let begun = Instant::now();
        while let Some(left) = process_that_names(&profile) {
            assert!(begun.elapsed() < PATIENCE, "a process of the browser is left: {left}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends by its session, or else by the end of its driver.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The value of an answer.
fn value(command: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = answer.unwrap_or_else(|error| panic!("{command}: {error}"));
    let text = answer.body_mut().read_to_string().unwrap_or_else(|error| panic!("{command}: {error}"));
    assert!(answer.status().is_success(), "{command}: {text}");
    let mut answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}: {text}"));
    answer.get_mut("value").map(Value::take).unwrap_or_else(|| panic!("{command}: {answer}"))
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
