//! The page of a report and the console of a region, read in a browser as people read it: by mouse, by keyboard alone, light and dark, wide and narrow.

mod browser;
mod console;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::command::{nightproof, said};
use browser::{Browser, key};

const RULES: &str = include_str!("rules.js");

/// Drills a template and writes the page of it; whether the drill passed is its caller's to know.
fn page(folder: &Path, template: &str, code: i32) -> PathBuf {
    fs::write(folder.join("template.yaml"), template).expect("a template");
    let ended = nightproof(folder, &["run", "--template", "template.yaml", "--report", "page.html"]);
    assert_eq!(ended.status.code(), Some(code), "{}", said(&ended));
    folder.join("page.html")
}

#[test]
fn the_page_of_a_failed_drill_is_read_by_mouse_and_by_keyboard_alone() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(folder.path(), &nightproof_scenarios::BUNDLED.replace("gzip -t \"$archive\"", "exit 3"), 1);
    browser.open(&page);
    reads_by_mouse(&browser);
    browser.open(&page);
    reads_by_keyboard(&browser);
    browser.open(&page);
    suits_everybody(&browser, "failed");
    asks_for_nothing(&browser, &page);
    browser.quit();
}

#[test]
fn the_page_of_a_drill_that_passed_suits_every_reader() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(folder.path(), nightproof_scenarios::BUNDLED, 0);
    browser.open(&page);
    assert_eq!(browser.script("return document.querySelectorAll('.chain .held').length"), 8);
    assert_eq!(browser.script("return document.getElementById('why')"), Value::Null);
    suits_everybody(&browser, "passed");
    asks_for_nothing(&browser, &page);
    browser.quit();
}

#[test]
fn the_page_of_a_drill_that_never_began_works_too() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("j"), "").expect("a journal");
    let made = nightproof(folder.path(), &["report", "j", "--output", "page.html"]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let page = folder.path().join("page.html");
    browser.open(&page);
    assert_eq!(counted(&browser), (0, 0));
    suits_everybody(&browser, "empty");
    asks_for_nothing(&browser, &page);
    browser.quit();
}

/// Calls that are listed, and all of them.
fn counted(browser: &Browser) -> (u64, u64) {
    let text = browser.script("return document.getElementById('count').textContent");
    let text = text.as_str().expect("a text");
    let numbers: Vec<u64> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!(numbers.len() >= 2 && text.contains(" calls"), "{text}");
    (numbers[0], numbers[1])
}

/// What one column of the listed calls says, from the left.
fn column(browser: &Browser, number: u32) -> Vec<String> {
    let cells = browser
        .script(&format!("return [...document.querySelectorAll('#calls td:nth-child({number})')].map(td => td.textContent)"));
    serde_json::from_value(cells).expect("texts")
}

const SERVICE: u32 = 2;
const OPERATION: u32 = 3;
const ERROR: u32 = 5;

/// The stretch of the timeline that is shown: two times, in microseconds.
fn shown(browser: &Browser) -> Value {
    browser.script("return [from, to]")
}

/// Waits until another stretch than this is shown, as the timeline draws at the browser's own pace. The list is of its calls then.
/// Which those are is the drill's to know: on a slow machine nothing may be called for as long as is shown.
fn moves_from(browser: &Browser, before: &Value) {
    browser.until(&format!("!due && (from !== {} || to !== {})", before[0], before[1]));
    let within = browser.script("return calls.filter(call => call.t >= from && call.t <= to).length");
    assert_eq!(within, counted(browser).0, "{} is shown", shown(browser));
}

/// Waits until the whole drill is shown.
fn shows_all(browser: &Browser) {
    browser.until("!due && document.getElementById('count').textContent.startsWith(calls.length + ' of')");
}

fn reads_by_mouse(browser: &Browser) {
    let (listed, all) = counted(browser);
    assert!(all > 50 && listed == all, "{listed} of {all}");

    browser.click(".chain .broke a");
    browser
        .until("(box => box.top >= 0 && box.bottom <= innerHeight)(document.querySelector('.why pre').getBoundingClientRect())");
    let why = browser.script("return document.querySelector('section.why').innerText");
    let why = why.as_str().expect("a text");
    assert!(why.starts_with("It broke at script") && why.contains("exit code 3"), "{why}");

    browser.click("#filter");
    browser.press("sendcommand".chars());
    let operations = column(browser, OPERATION);
    assert!(!operations.is_empty() && operations.iter().all(|operation| operation == "SendCommand"), "{operations:?}");
    assert_eq!(counted(browser), (operations.len() as u64, all));
    browser.script(
        "document.getElementById('filter').value = ''; document.getElementById('filter').dispatchEvent(new Event('input'))",
    );

    browser.click("#errors");
    let errors = column(browser, ERROR);
    assert!(errors.iter().all(|error| !error.is_empty()) && counted(browser).0 < all, "{errors:?}");
    browser.click("#errors");
    assert_eq!(counted(browser), (all, all));

    for button in ["#in", "#in", "#in", "#in", "#out"] {
        let before = shown(browser);
        browser.click(button);
        moves_from(browser, &before);
    }
    assert!(counted(browser).0 < all, "less is shown than the whole");
    let before = shown(browser);
    browser.wheel("#timeline", -100);
    moves_from(browser, &before);
    let before = shown(browser);
    browser.drag("#timeline", 200);
    moves_from(browser, &before);
    browser.click("#all");
    shows_all(browser);
}

/// What has the focus, and how that shows.
const FOCUS: &str = "const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    return { at: at.id || at.className || at.tagName.toLowerCase(), outline: style.outlineStyle + ' ' + style.outlineWidth,
        seen: at.matches(':focus-visible') && box.bottom > 0 && box.top < innerHeight };";

/// Goes to the next place by the keyboard and says which it is.
fn next(browser: &Browser) -> String {
    browser.press([key::TAB]);
    let focus = browser.script(FOCUS);
    let shows = focus["seen"] == true
        && focus["outline"].as_str().is_some_and(|outline| outline.ends_with("2px") && !outline.starts_with("none"));
    assert!(shows, "nobody sees where the focus is: {focus}");
    focus["at"].as_str().expect("a name").to_owned()
}

/// Goes on until it is somewhere.
fn go_to(browser: &Browser, place: &str) {
    let passed: Vec<String> = (0..50).map(|_| next(browser)).take_while(|at| at != place).collect();
    assert!(passed.len() < 50, "`{place}` is not reached: {passed:?}");
}

fn reads_by_keyboard(browser: &Browser) {
    let mut order = Vec::new();
    while order.last().is_none_or(|at| at != "timeline") {
        order.push(next(browser));
        assert!(order.len() < 50, "{order:?}");
    }
    order.retain(|at| at != "pre" && at != "scroll");
    assert_eq!(order, ["theme", "hop", "filter", "service", "errors", "in", "out", "all", "timeline"]);

    browser.script("document.activeElement.blur(); scrollTo(0, 0)");
    browser.devtools("Page.reload", &json!({}));
    browser.until(
        "document.readyState === 'complete' && document.activeElement === document.body && !!document.querySelector('#calls td')",
    );
    go_to(browser, "theme");
    for theme in ["dark", "light"] {
        browser.press([if theme == "dark" { key::ENTER } else { ' ' }]);
        browser.until(&format!("document.documentElement.dataset.theme === '{theme}'"));
    }
    go_to(browser, "hop");
    browser.press([key::ENTER]);
    browser.until("location.hash === '#why' && document.activeElement.id === 'why'");
    assert_eq!(next(browser), "pre", "the evidence comes next");

    let all = counted(browser).1;
    go_to(browser, "filter");
    browser.press("invoke".chars());
    assert!(column(browser, OPERATION).iter().all(|operation| operation.to_lowercase().contains("invoke")));
    browser.press(['\u{E003}'; 6]);
    go_to(browser, "service");
    browser.press([key::DOWN]);
    let services = column(browser, SERVICE);
    assert!(services.iter().all(|service| *service == services[0]) && counted(browser).0 < all, "{services:?}");
    browser.press(['\u{E013}']);
    go_to(browser, "errors");
    browser.press([' ']);
    assert!(counted(browser).0 < all);
    browser.press([' ']);
    assert_eq!(counted(browser), (all, all));
    go_to(browser, "in");
    for press in [key::ENTER, ' ', key::ENTER] {
        let before = shown(browser);
        browser.press([press]);
        moves_from(browser, &before);
    }
    assert!(counted(browser).0 < all, "less is shown than the whole");
    go_to(browser, "timeline");
    let before = shown(browser);
    browser.press([key::RIGHT]);
    moves_from(browser, &before);
    browser.press(['+', '-', '0']);
    shows_all(browser);
}

/// No rule is broken in any theme and width, and whoever hears the page hears what each control is.
fn suits_everybody(browser: &Browser, name: &str) {
    for scheme in ["light", "dark"] {
        browser.prefers(scheme);
        for width in [1200, 500, 320] {
            browser.wide(width);
            browser.picture(&format!("{name}-{scheme}-{width}"));
            let wrong = browser.script(RULES);
            assert_eq!(wrong, json!([]), "{name}, {scheme}, {width} wide");
        }
    }
    let tree = browser.devtools("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree["nodes"].as_array().expect("nodes");
    let focusable = |node: &&Value| {
        let properties = node["properties"].as_array();
        properties.is_some_and(|found| found.iter().any(|one| one["name"] == "focusable" && one["value"]["value"] == true))
    };
    let controls: Vec<&Value> = nodes.iter().filter(|node| node["ignored"] == false).filter(focusable).collect();
    assert!(controls.len() > 8, "{controls:?}");
    for control in controls {
        assert!(control["name"]["value"].as_str().is_some_and(|name| !name.trim().is_empty()), "it has no name: {control}");
    }
}

/// Nothing was asked for but the page itself, and nothing complained.
fn asks_for_nothing(browser: &Browser, page: &Path) {
    assert_eq!(browser.script("return performance.getEntriesByType('resource').map(entry => entry.name)"), json!([]));
    let own = format!("file://{}", page.display());
    let messages =
        browser.log("performance").into_iter().filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
    // Those of this document: the browser's own first page asks for its parts too.
    let requests: Vec<String> = messages
        .map(|mut entry| entry["message"].take())
        .filter(|message| {
            message["method"] == "Network.requestWillBeSent"
                && message["params"]["documentURL"].as_str().is_some_and(|url| url.starts_with(&own))
        })
        .filter_map(|message| Some(message["params"]["request"]["url"].as_str()?.to_owned()))
        .collect();
    assert!(!requests.is_empty() && requests.iter().all(|url| url.split('#').next() == Some(&own)), "{requests:?}");
    assert_eq!(browser.log("browser"), Vec::<Value>::new());
}
