//! The GitHub Action: the shell of its steps, run here, with a server that stands for GitHub's API.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crate::command::PROGRAM;

const STEPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/action");

/// What a runner gives a step: files to write to, a folder for temporary files, and nightproof on its path.
struct Runner {
    folder: tempfile::TempDir,
    api: String,
    comments: Arc<Mutex<Vec<(String, String)>>>,
}

impl Runner {
    fn new(template: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("bin")).expect("a folder");
        symlink(PROGRAM, folder.path().join("bin/nightproof")).expect("a link");
        fs::write(folder.path().join("nightproof.yaml"), "version: 1\ntemplate: template.yaml\n").expect("a drill file");
        fs::write(folder.path().join("template.yaml"), template).expect("a template");
        let (api, comments) = github();
        Self { folder, api, comments }
    }

    fn step(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut step = Command::new("bash");
        step.arg(format!("{STEPS}/{script}")).current_dir(self.folder.path()).env("PATH", path);
        for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("RUNNER_TEMP", "temp")] {
            step.env(name, self.path(file));
        }
        step.env("XDG_STATE_HOME", self.path("state")).env("GITHUB_API_URL", &self.api).env("GITHUB_REPOSITORY", "me/mine");
        step.env("NAME", "drill").envs(variables.iter().copied()).output().expect("bash")
    }

    /// The step that drills, and the one that tells of it.
    fn drill_and_tell(&self, base: &str, pull_request: &str) -> String {
        let drilled = self.step(
            "drill.sh",
            &[("FILE", "nightproof.yaml"), ("ARGUMENTS", "--nights 1"), ("EVIDENCE_KEY", ""), ("GITHUB_BASE_REF", base)],
        );
        assert!(drilled.status.success(), "{drilled:?}");
        let folder = self.path("temp/nightproof-drill").display().to_string();
        let variables = [
            ("FOLDER", folder.as_str()),
            ("BASE_JOURNAL", ""),
            ("PULL_REQUEST", pull_request),
            ("TOKEN", "t0ken"),
            ("GITHUB_BASE_REF", base),
        ];
        let told = self.step("tell.sh", &variables);
        assert!(told.status.success(), "{told:?}");
        fs::read_to_string(self.path("temp/nightproof-drill/summary.md")).expect("a summary")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }
}

/// Each call's method and path, and its body.
type Calls = Arc<Mutex<Vec<(String, String)>>>;

/// GitHub's comments of one pull request: where they are, and the calls that were made.
fn github() -> (String, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let calls = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&calls);
    std::thread::spawn(move || {
        let mut comment: Option<String> = None;
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let (mut head, mut line) = (String::new(), String::new());
            while stream.read_line(&mut line).expect("a line") > 2 {
                head.push_str(&line);
                line.clear();
            }
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
            stream.read_exact(&mut body).expect("a body");
            assert!(head.contains("Bearer t0ken"), "{head}");
            let body = String::from_utf8(body).expect("text");
            let answer = if head.starts_with("GET") {
                let bot = comment.as_ref().map(|body| {
                    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
                    serde_json::json!({ "id": 7, "user": { "type": "Bot" }, "body": body["body"] })
                });
                // Somebody else's comment comes first, and quotes ours.
                let quoted =
                    serde_json::json!({ "id": 6, "user": { "type": "User" }, "body": "<!-- nightproof:drill --> me, too" });
                serde_json::Value::from([Some(quoted), bot].into_iter().flatten().collect::<Vec<_>>()).to_string()
            } else {
                comment = Some(body.clone());
                "{}".to_owned()
            };
            let request = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
            heard.lock().expect("a lock").push((request, body));
            let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}", answer.len());
            stream.get_mut().write_all(response.as_bytes()).expect("an answer");
        }
    });
    (format!("http://{address}"), calls)
}

#[test]
fn a_pull_request_gets_one_comment_that_is_kept_up_to_date() {
    let bundled = nightproof_scenarios::BUNDLED;
    let runner = Runner::new(bundled);
    let base = runner.drill_and_tell("", "");
    assert!(base.contains("✅ nightproof: drill passed") && !base.contains("Against the base branch"), "{base}");
    assert!(runner.text("output").starts_with("exit-code=0\nfolder="), "{}", runner.text("output"));
    assert!(runner.path("temp/nightproof-base-drill/journal.jsonl").exists());
    assert!(runner.comments.lock().expect("a lock").is_empty());

    fs::write(runner.path("template.yaml"), bundled.replace("s3:PutObject", "s3:PutObjectTagging")).expect("a template");
    let broken = runner.drill_and_tell("main", "12");
    assert!(broken.contains("❌ nightproof: drill failed") && broken.contains("class script broke"), "{broken}");
    assert!(broken.contains("Against the base branch") && broken.contains("| Chain | passed | script |"), "{broken}");
    // What the role did no more; what it did in both is no change.
    assert!(
        broken.contains("\n- InstanceRole kms:GenerateDataKey\n") && !broken.contains("InstanceRole s3:PutObject\n"),
        "{broken}"
    );
    assert!(runner.text("output").contains("exit-code=1\n"), "{}", runner.text("output"));

    fs::write(runner.path("template.yaml"), bundled).expect("a template");
    runner.drill_and_tell("main", "12");
    let calls = runner.comments.lock().expect("a lock");
    let made: Vec<&str> = calls.iter().map(|(request, _)| request.as_str()).collect();
    let list = "GET /repos/me/mine/issues/12/comments?per_page=100&page=1";
    assert_eq!(made, [list, "POST /repos/me/mine/issues/12/comments", list, "PATCH /repos/me/mine/issues/comments/7"]);
    assert!(calls[1].1.contains("drill failed") && calls[3].1.contains("drill passed"));
    assert_eq!(runner.text("summary").matches("<!-- nightproof:drill -->").count(), 3);
}

#[test]
fn steps_that_the_action_names_are_there_and_get_nothing_spliced_into_their_shell() {
    let action = fs::read_to_string(Path::new(STEPS).join("../../action.yml")).expect("the action");
    let mut runs = 0;
    for line in action.lines().map(str::trim) {
        if let Some(command) = line.strip_prefix("run: ") {
            runs += 1;
            // Input in a command would be code: https://docs.github.com/en/actions/reference/security/secure-use
            assert!(!command.contains("${{"), "{command}");
            if let Some(script) = command.strip_prefix("bash \"$ACTION/.ci/action/").and_then(|rest| rest.strip_suffix('"')) {
                assert!(Path::new(STEPS).join(script).is_file(), "{script}");
            }
        }
        if let Some(used) = line.strip_prefix("uses: ").or_else(|| line.strip_prefix("- uses: ")) {
            let commit = used.split_once('@').and_then(|(_, rest)| rest.split(' ').next()).unwrap_or_default();
            assert_eq!(commit.len(), 40, "another's action is named by its commit: {used}");
        }
    }
    assert_eq!(runs, 4);
}
