//! Mustache templates: files whose `context` is given.
//! <https://mustache.github.io/mustache.5.html>

use serde_json::Value;

/// The text of a template with its context filled in.
pub(super) fn render(template: &str, context: &Value) -> Result<String, String> {
    let mut out = String::new();
    let rest = section(template, &[context], &mut out, None, true)?;
    match rest {
        "" => Ok(out),
        _ => Err("Failed to render content as a Mustache template: a section ends that was not begun".to_owned()),
    }
}

/// A tag: what it is by its first character, and its name.
struct Tag<'a> {
    kind: char,
    name: &'a str,
}

/// Cuts a template at its first tag: the text before, the tag, the text after. A tag of a section that has a line for itself takes the line with it.
fn cut(template: &str) -> Result<Option<(&str, Tag<'_>, &str)>, String> {
    let unclosed = || "Failed to render content as a Mustache template: a tag is not closed".to_owned();
    let Some((before, rest)) = template.split_once("{{") else { return Ok(None) };
    let (inner, after, raw) = match rest.strip_prefix('{') {
        Some(rest) => rest.split_once("}}}").map(|(inner, after)| (inner, after, true)),
        None => rest.split_once("}}").map(|(inner, after)| (inner, after, false)),
    }
    .ok_or_else(unclosed)?;
    let inner = inner.trim();
    let kind = if raw { '&' } else { inner.chars().next().filter(|first| "#^/!>&=".contains(*first)).unwrap_or(' ') };
    let name = inner.trim_start_matches(['#', '^', '/', '!', '>', '&', '=']).trim();
    if ['>', '='].contains(&kind) {
        return Err(format!("the tag {{{{{inner}}}}} is not served: partials and other delimiters are not"));
    }
    let own_line = |before: &str, after: &str| {
        let line = before.rsplit('\n').next().unwrap_or(before);
        let ends = after.split('\n').next().unwrap_or(after);
        (line.trim().is_empty() && ends.trim().is_empty()).then_some((line.len(), ends.len()))
    };
    if "#^/!".contains(kind)
        && let Some((indent, tail)) = own_line(before, after)
    {
        let before = before.get(..before.len() - indent).unwrap_or(before);
        let after = after.get(tail..).unwrap_or(after);
        return Ok(Some((before, Tag { kind, name }, after.strip_prefix('\n').unwrap_or(after))));
    }
    Ok(Some((before, Tag { kind, name }, after)))
}

/// Renders up to the end of the section `until`, or of the template; returns what is behind it. With `writes` false nothing is kept.
fn section<'a>(
    mut template: &'a str,
    contexts: &[&Value],
    out: &mut String,
    until: Option<&str>,
    writes: bool,
) -> Result<&'a str, String> {
    while let Some((before, Tag { kind, name }, after)) = cut(template)? {
        if writes {
            out.push_str(before);
        }
        template = after;
        match kind {
            '/' if until == Some(name) => return Ok(template),
            '/' => {
                return Err(format!(
                    "Failed to render content as a Mustache template: section {name} ends where it was not begun"
                ));
            }
            '#' | '^' => {
                let found = look_up(contexts, name).cloned().unwrap_or_default();
                let shown: Vec<&Value> = match (kind, &found) {
                    ('#', Value::Array(items)) => items.iter().collect(),
                    ('#', other) if is_true(other) => vec![other],
                    ('^', other) if !is_true(other) => vec![&Value::Null],
                    _ => Vec::new(),
                };
                // Once without a trace, to know where it ends.
                let end = section(template, contexts, &mut String::new(), Some(name), false)?;
                for one in shown.into_iter().filter(|_| writes) {
                    let mut inner = contexts.to_vec();
                    if kind == '#' {
                        inner.push(one);
                    }
                    section(template, &inner, out, Some(name), true)?;
                }
                template = end;
            }
            '!' => {}
            _ if writes => {
                let text = match look_up(contexts, name) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                out.push_str(&if kind == '&' { text } else { escaped(&text) });
            }
            _ => {}
        }
    }
    if let Some(name) = until {
        return Err(format!("Failed to render content as a Mustache template: section {name} is not closed"));
    }
    if writes {
        out.push_str(template);
    }
    Ok("")
}

/// A name's value in the innermost context that has it; a dot leads into a value.
fn look_up<'a>(contexts: &[&'a Value], name: &str) -> Option<&'a Value> {
    if name == "." {
        return contexts.last().copied();
    }
    let mut parts = name.split('.');
    let first = parts.next()?;
    let found = contexts.iter().rev().find_map(|context| context.get(first))?;
    parts.try_fold(found, |value, part| value.get(part))
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(true) => true,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(template: &str) -> String {
        let context = json!({"name": "a<b", "list": [{"n": 1}, {"n": 2}], "no": false, "deep": {"er": "x"}, "plain": ["p", "q"]});
        render(template, &context).unwrap()
    }

    #[test]
    fn names_are_filled_in_and_escaped_unless_they_are_raw() {
        assert_eq!(filled("{{name}} {{{name}}} {{& name}} {{deep.er}} {{nothing}}."), "a&lt;b a<b a<b x .");
    }

    #[test]
    fn sections_repeat_show_and_hide() {
        assert_eq!(filled("{{#list}}[{{n}}{{name}}]{{/list}}"), "[1a&lt;b][2a&lt;b]");
        assert_eq!(filled("{{#plain}}{{.}},{{/plain}}{{^no}}shown{{/no}}{{#no}}hidden{{/no}}{{! said }}"), "p,q,shown");
        assert_eq!(filled("a\n{{#list}}\n- {{n}}\n{{/list}}\nb\n"), "a\n- 1\n- 2\nb\n");
        assert_eq!(filled("{{#no}}{{#list}}x{{/list}}{{/no}}y"), "y");
    }

    #[test]
    fn what_cannot_be_rendered_is_an_error() {
        for template in ["{{#list}}", "{{/list}}", "{{name", "{{> partial}}", "{{=<% %>=}}"] {
            assert!(render(template, &json!({})).is_err(), "{template}");
        }
    }
}
