//! What is secret in a text, by the look of it. Pure.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Stands where a secret was. A plain word, so that YAML, JSON, shell and Python stay what they were.
pub(crate) const REMOVED: &str = "removed-secret";

/// How names of secrets end.
const NAMES: &str = "(?:password|passwd|passphrase|_pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key)s?(?:[_-]?(?:value|string))?";
/// Names that end so and are no secrets.
const HARMLESS: &[&str] =
    &["httptokens", "nexttoken", "clienttoken", "clientrequesttoken", "continuationtoken", "idempotencytoken", "nextpagetoken"];
/// Values that say nothing.
const PLAIN: &[&str] =
    &["true", "false", "null", "none", "enabled", "disabled", "required", "optional", "yes", "no", "****", REMOVED];

/// A regular expression of this file; a test compiles all of them.
fn compiled(pattern: &str) -> Regex {
    // An expression that does not compile matches nothing.
    Regex::new(pattern).unwrap_or_else(|_| Regex::new("[^\\s\\S]").unwrap_or_else(|_| unreachable!("a class that is empty")))
}

/// Whole secrets, by a form that nothing else has: access key ids, private keys, JSON web tokens, tokens of vendors and of sessions.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?x) \b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b
        | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z\ ]*PRIVATE\ KEY-----|\z)
        | \beyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?
        | \bgh[pousr]_\w{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{20,} | \bxox[abeprs]-[\w-]{10,} | \b[rs]k_live_\w{10,}
        | \bAIza[\w-]{35} | \bnpm_\w{36}
        | \b(?:IQoJ|FwoG|FQoG)[A-Za-z0-9+/=_%-]{60,}",
    )
});

/// What comes before a secret, which is kept, and the secret: credentials in a URL, signatures of presigned requests, headers, options.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?xi) (?P<kept> [a-z][a-z0-9+.-]*://[^/\s:@"']*: ) (?P<url>[^/\s@"'$]+) (?P<at>@)
        | (?P<kept2> \b(?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|AWSAccessKeyId)= ) [^&\s"']+
        | (?P<kept3> \bauthorization\\*["']?\s*[:=]\s*\\*["']? ) [^"'\s$\\][^"'\r\n\\]*
        | (?P<kept4> \bbearer\s+ ) [A-Za-z0-9+/=._~-]{16,}
        | (?P<kept5> \s(?:-u|--user)[\s=]+["']?[^\s:'"$]+: ) [^\s"'$]+"#,
    )
});

/// A name, what stands between, and a value: quoted, quoted in a quotation, or bare.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        r#"(?xi) (?P<name>[\w.-]*{NAMES}) (?P<between> \\*["']?[\ \t]*(?:=>|=|:)[\ \t]* )
        (?: (?P<open>\\+") (?P<deep>.*?) (?P<close>\\+") | "(?P<double>[^"\n]*)" | '(?P<single>[^'\n]*)' | (?P<bare>[^\s"'\\,;&)}}\]]+) )"#
    ))
});

/// An option of a command, and its value.
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        r#"(?xi) (?P<name>\s--?[\w-]*{NAMES}) (?P<between>[\ ]+) (?: "(?P<double>[^"\n]*)" | '(?P<single>[^'\n]*)' | (?P<bare>[^\s"'\-][^\s"']*) )"#
    ))
});

/// 40 characters as secret access keys are made of.
static KEY: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Za-z0-9/+=]+"));

/// Whether a variable, parameter or member of this name holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            "(?i)passw(or)?d|passphrase|pwd|secret|token|credential|api_?key|access_?key|private_?key|connection_?string|(^|_)dsn$|(^|_)auth$",
        )
    });
    static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
        compiled("(?i)(arn|name|id|ids|path|file|ttl|seconds|expiry|length|version|region|tokens|endpoint|prefix)$")
    });
    let key_id = name.to_ascii_lowercase().replace('_', "").ends_with("accesskeyid");
    WORDS.is_match(name) && (key_id || !ABOUT.is_match(name)) && !HARMLESS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a text can be a secret: no reference, no expansion, no word that says nothing.
pub(crate) fn is_secret_value(value: &str) -> bool {
    let value = value.trim();
    let refers = value.starts_with(['$', '!', '(', '{', '[', '<', '%', '|', '>', ':', '*', '`']) || value.starts_with("arn:");
    !value.is_empty() && !refers && !PLAIN.contains(&value.to_ascii_lowercase().as_str())
}

/// The text without secrets. In program text (`code`) a bare word after a name may be a variable's, and stays.
pub(crate) fn without(text: &str, code: bool) -> String {
    let text = WHOLE.replace_all(text, REMOVED);
    let text = AFTER.replace_all(&text, |found: &Captures<'_>| {
        let kept = ["kept", "kept2", "kept3", "kept4", "kept5"]
            .iter()
            .find_map(|name| found.name(name))
            .map_or("", |kept| kept.as_str());
        format!("{kept}{REMOVED}{}", found.name("at").map_or("", |at| at.as_str()))
    });
    let text = ASSIGNED.replace_all(&text, |found: &Captures<'_>| assigned(found, code));
    let text = OPTION.replace_all(&text, |found: &Captures<'_>| assigned(found, code));
    KEY.replace_all(&text, |found: &Captures<'_>| {
        let run = found.get(0).map_or("", |run| run.as_str());
        if is_secret_key(run.trim_matches('=')) { run.replace(run.trim_matches('='), REMOVED) } else { run.to_owned() }
    })
    .into_owned()
}

fn assigned(found: &Captures<'_>, code: bool) -> String {
    let part = |name: &str| found.name(name).map(|part| part.as_str());
    let whole = part("name").map_or_else(String::new, |_| found.get(0).map_or("", |whole| whole.as_str()).to_owned());
    let (name, between) = (part("name").unwrap_or_default(), part("between").unwrap_or_default());
    let harmless = HARMLESS.contains(&name.to_ascii_lowercase().rsplit('.').next().unwrap_or_default());
    let value = ["deep", "double", "single", "bare"].iter().find_map(|kind| part(kind)).unwrap_or_default();
    // In `print("token=" + token, "x")` the first quote ends a text.
    let between_texts = code && (value.starts_with(' ') || value.ends_with(' '));
    if harmless || between_texts || !is_secret_value(value) {
        return whole;
    }
    if let Some(bare) = part("bare") {
        let word = bare.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b':'));
        // `token = next(…)`, `secret=config.secret`, `token: str`, `Type: AWS::SecretsManager::Secret`
        let programs = bare.contains(['(', '[', '{', '$', '|']) || between.trim() != "=" || between.len() > 1 || word;
        if code && programs {
            return whole;
        }
        return format!("{name}{between}{REMOVED}");
    }
    let (open, close) = match (part("open"), part("close"), part("double")) {
        (Some(open), Some(close), _) => (open, close),
        (_, _, Some(_)) => ("\"", "\""),
        _ => ("'", "'"),
    };
    format!("{name}{between}{open}{REMOVED}{close}")
}

/// Whether it is made as secret access keys are: 40 characters of base 64, and no digest in hexadecimal.
fn is_secret_key(run: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| run.as_bytes().iter().any(wanted);
    // A path has more words than a key has strokes.
    run.len() == 40
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && run.matches('/').count() < 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_what_is_around_them_stays() {
        for (text, left) in [
            ("key AKIAIOSFODNN7EXAMPLE used", "key removed-secret used"),
            ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = removed-secret"),
            ("found wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY there", "found removed-secret there"),
            ("export DB_PASSWORD='two words'; run", "export DB_PASSWORD='removed-secret'; run"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=removed-secret psql"),
            (r#"{"password": "hunter2", "user": "me"}"#, r#"{"password": "removed-secret", "user": "me"}"#),
            (r#"said {\"apiKey\":\"hunter2\",\"a\":1}"#, r#"said {\"apiKey\":\"removed-secret\",\"a\":1}"#),
            ("mysqldump --password hunter2 -u me", "mysqldump --password removed-secret -u me"),
            ("curl -u me:hunter2 https://h", "curl -u me:removed-secret https://h"),
            ("postgres://me:hunter2@db/x", "postgres://me:removed-secret@db/x"),
            ("Authorization: Bearer abcdefghijklmnop", "Authorization: removed-secret"),
            ("X-Vault-Token: s.abc123", "X-Vault-Token: removed-secret"),
            ("https://b/k?X-Amz-Signature=0f0f&X-Amz-Date=1", "https://b/k?X-Amz-Signature=removed-secret&X-Amz-Date=1"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nx", "removed-secret\nx"),
            ("t eyJhbGciOiJI.eyJzdWIiOiIx.c2ln u", "t removed-secret u"),
            ("ghp_0123456789012345678901234567890123456", "removed-secret"),
        ] {
            assert_eq!(without(text, false), left);
        }
        let token = format!("AWS_SESSION_TOKEN=IQoJ{}", "b3JpZ2lu/".repeat(20));
        assert_eq!(without(&token, false), "AWS_SESSION_TOKEN=removed-secret");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "-H \"X-aws-ec2-metadata-token: $token\"",
            "token=$(curl -fsS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' \"$imds/api/token\")",
            "An error occurred (KMS.DisabledException) when calling the PutObject operation: arn:aws:kms:us-east-1:1:key/0 is disabled.",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "HttpTokens: required",
            "User: arn:aws:sts::1:assumed-role/stack-BackupFunctionRole-1/f is not authorized to perform: ssm:SendCommand",
            "s3://bucket/backups/i-0123456789abcdef0/2026-11-23T03-00-00Z.tar.gz",
        ] {
            assert_eq!(without(text, false), text);
        }
    }

    #[test]
    fn program_text_keeps_its_variables_and_loses_its_secrets() {
        for text in [
            "client(token=token, Secret=settings.secret)",
            "def f(password: str):",
            "NextToken=\"abc123\"",
            "Type: AWS::SecretsManager::Secret",
            "print(\"token=\" + token, \"x\")",
        ] {
            assert_eq!(without(text, true), text);
        }
        assert_eq!(without("password = \"hunter2\"", true), "password = \"removed-secret\"");
        assert_eq!(without("export TOKEN=hunter2", true), "export TOKEN=removed-secret");
        assert_eq!(without(crate::BUNDLED, true), crate::BUNDLED);
    }

    #[test]
    fn names_tell_secrets_from_what_is_about_them() {
        for name in [
            "DB_PASSWORD",
            "apiKey",
            "SLACK_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "aws_access_key_id",
            "DATABASE_DSN",
            "CONNECTION_STRING",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["SECRET_ARN", "TokenTtlSeconds", "HttpTokens", "KMS_KEY_ARN", "TAG_KEY", "PASSWORD_FILE", "NextToken", "DATA_PATH"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
