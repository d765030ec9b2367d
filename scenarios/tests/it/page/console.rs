//! The console of a region, used as people do.

use nightproof_scenarios::Up;
use serde_json::json;

use super::browser::Browser;
use super::suits_everybody;
use crate::command::PROGRAM;

#[test]
fn the_console_shows_what_happens_and_does_what_is_asked() {
    let Some(browser) = Browser::start() else { return };
    let up = Up::start(PROGRAM).expect("a region");
    let (api, token) = (&up.exports()["NIGHTPROOF_API"], &up.exports()["NIGHTPROOF_TOKEN"]);
    let page = api.strip_suffix("api").expect("the console is where its API is");

    browser.visit(page);
    browser.until("document.getElementById('notice').textContent.includes('token is missing')");
    browser.visit(&format!("{page}#token={token}"));
    // A fragment alone loads no page anew.
    browser.script("location.reload()");
    browser.until("document.getElementById('region').textContent === 'us-east-1, account 123456789012'");
    assert_eq!(browser.script("return location.hash"), "", "the token is not left in the address");
    browser.until("document.querySelector('main').textContent.includes('No stack yet')");

    let call = "fetch('api/aws/s3/CreateBucket', { method: 'POST', body: JSON.stringify({ Bucket: 'console-bucket' }), headers: { Authorization: `Bearer ${sessionStorage.getItem('token')}`, 'Content-Type': 'application/json' } })";
    browser.script(call);
    view(&browser, "Calls");
    browser.until("[...document.querySelectorAll('#calls .link')].some(call => call.textContent === 's3 CreateBucket')");
    browser.script("document.querySelector('#calls .link').click()");
    browser.until("document.querySelector('#call pre')?.textContent.includes('console-bucket')");
    view(&browser, "Buckets");
    browser.until("document.querySelector('main').textContent.includes('console-bucket')");

    view(&browser, "Clock");
    browser.until("document.querySelector('main').textContent.includes('Nothing has a schedule')");
    let before = browser.script("return document.getElementById('now').textContent");
    press(&browser, "+1 day");
    browser.until(&format!("Date.parse(document.getElementById('now').textContent) - Date.parse({before}) >= 86400000"));

    view(&browser, "Faults");
    browser.until("document.querySelector('textarea')?.value === '[]'");
    press(&browser, "add an example");
    browser.until("document.querySelector('textarea').value.includes('SlowDown')");
    for name in ["Chain", "Resources", "Commands", "Logs", "Queues", "Instances"] {
        view(&browser, name);
        browser.until("document.querySelector('main').textContent.trim() !== '' && !document.querySelector('main .bad')");
    }
    view(&browser, "Calls");
    browser.until("document.querySelector('#calls table') !== null");
    suits_everybody(&browser, "console");
    let sizes = "performance.getEntriesByType('resource').filter(entry => /console\\.(js|css)$/.test(entry.name))";
    let bytes = browser.script(&format!("return {sizes}.reduce((sum, entry) => sum + entry.decodedBodySize, 0)"));
    assert!(bytes.as_u64().is_some_and(|bytes| bytes > 0 && bytes < 200_000), "{bytes} bytes of scripts and styles");
    assert_eq!(browser.log("browser"), Vec::<serde_json::Value>::new());
    browser.quit();
}

/// Presses a button of the view. By script: the view is shown anew whenever something happens.
fn press(browser: &Browser, name: &str) {
    let buttons = "[...document.querySelectorAll('main .tools button')]";
    browser.until(&format!("{buttons}.some(button => button.textContent === {})", json!(name)));
    browser.script(&format!("{buttons}.find(button => button.textContent === {}).click()", json!(name)));
}

/// Goes to a view by its button.
fn view(browser: &Browser, name: &str) {
    let buttons = "[...document.querySelectorAll('nav button')]";
    browser.script(&format!("{buttons}.find(button => button.textContent === {}).click()", json!(name)));
    browser.until(&format!(
        "{buttons}.some(button => button.textContent === {} && button.hasAttribute('aria-current'))",
        json!(name)
    ));
}
