//! A query, and what it finds.

use std::cmp::Ordering;

use super::command::{Command, Failure};
use super::event::Event;
use super::expression::Expression;
use super::parse::commands;
use super::statistics::groups;

/// Rows of a result where no limit is given.
const MOST: usize = 10_000;

/// A query that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Query(Commands);

/// Its commands, in their order.
#[derive(Debug, Clone)]
struct Commands(Vec<Command>);

/// The fields of a result, each with its value.
pub(crate) type Row = Vec<(String, String)>;

impl Query {
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        commands(text).map(|commands| Self(Commands(commands)))
    }

    /// The rows that it finds, and how many of the events matched.
    pub(crate) fn run(&self, mut events: Vec<Event>) -> (Vec<Row>, usize) {
        // The latest come first.
        events.sort_by_key(|event| std::cmp::Reverse(event.time));
        let mut shown: Option<Vec<String>> = None;
        let (mut matched, mut grouped, mut limit) = (events.len(), false, MOST);
        for command in &self.0.0 {
            match command {
                Command::Filter(condition) => {
                    events.retain(|event| condition.holds(event));
                    matched = if grouped { matched } else { events.len() };
                }
                Command::Fields(list) => {
                    compute(&mut events, list);
                    shown.get_or_insert_default().extend(list.iter().map(|(name, _)| name.clone()));
                }
                Command::Display(list) => {
                    compute(&mut events, list);
                    shown = Some(list.iter().map(|(name, _)| name.clone()).collect());
                }
                Command::Sort(keys) => events.sort_by(|one, other| ordering(keys, one, other)),
                Command::Limit(count) => limit = *count,
                Command::Stats(statistics, by) => {
                    events = groups(&events, statistics, by);
                    let names = by.iter().map(|(name, _)| name).chain(statistics.iter().map(|statistic| &statistic.name));
                    shown = Some(names.cloned().collect());
                    grouped = true;
                }
            }
        }
        let mut names = shown.unwrap_or_else(|| vec!["@timestamp".to_owned(), "@message".to_owned()]);
        if !grouped {
            names.push("@ptr".to_owned());
        }
        let row = |event: &Event| names.iter().filter_map(|name| Some((name.clone(), event.get(name)?.to_owned()))).collect();
        (events.iter().take(limit).map(row).collect(), matched)
    }
}

/// Gives events the fields that a command names.
fn compute(events: &mut [Event], list: &[(String, Expression)]) {
    for (name, expression) in list {
        if matches!(expression, Expression::Field(field) if field == name) {
            continue;
        }
        for event in &mut *events {
            if let Some(value) = expression.text(event) {
                event.set(name, value);
            }
        }
    }
}

fn ordering(keys: &[(Expression, bool)], one: &Event, other: &Event) -> Ordering {
    for (key, descending) in keys {
        let (one, other) = (key.text(one), key.text(other));
        let numbers = (one.as_deref().map(str::parse::<f64>), other.as_deref().map(str::parse::<f64>));
        let order = match numbers {
            (Some(Ok(one)), Some(Ok(other))) => one.total_cmp(&other),
            _ => one.cmp(&other),
        };
        let order = if *descending { order.reverse() } else { order };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn run(text: &str) -> String {
        let messages = [
            (0, r#"{"level": "INFO", "ms": 10, "request": {"path": "/a"}}"#),
            (60_000, r#"{"level": "ERROR", "ms": 30, "request": {"path": "/b"}, "tags": ["x"]}"#),
            (90_000, r#"{"level": "ERROR", "ms": 5, "request": {"path": "/a"}}"#),
            (300_000, "plain ERROR text"),
        ];
        let event = |(time, message): &(i64, &str)| Event::new(*time, Timestamp::UNIX_EPOCH, message, "1:g", "s", "p".to_owned());
        let query = match Query::read(text) {
            Ok(query) => query,
            Err(failure) => return format!("{failure:?}"),
        };
        let (rows, matched) = query.run(messages.iter().map(event).collect());
        let row = |row: &Row| {
            let values = row.iter().filter(|(name, _)| name != "@ptr").map(|(_, value)| value.as_str());
            values.collect::<Vec<_>>().join(",")
        };
        format!("{matched}: {}", rows.iter().map(row).collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn queries_find_what_the_documentation_has_them_find() {
        for (text, expected) in [
            ("fields ms", "4:  | 5 | 30 | 10"),
            ("fields ms, request.path as path | sort ms asc | limit 2", "4:  | 5,/a"),
            ("filter level = 'ERROR' | fields ms", "2: 5 | 30"),
            ("filter ms > 5 and ms <= 30 | fields ms | sort @timestamp asc", "2: 10 | 30"),
            ("filter @message like /ERR.R/ and not ispresent(level) | display @message", "1: plain ERROR text"),
            ("filter @message like 'plain' | fields @timestamp", "1: 1970-01-01 00:05:00.000"),
            ("filter level in ['INFO', 'WARN'] | fields level", "1: INFO"),
            ("filter level not like 'ERR' | fields ms", "2:  | 10"),
            ("filter `tags.0` = \"x\" | fields ms * 2 + 1 as more", "1: 61"),
            ("stats count(*) as n, avg(ms) by level | sort n desc, level", "4: ERROR,2,17.5 | 1 | INFO,1,10"),
            (
                "filter ispresent(ms) | stats max(ms), min(ms), sum(ms), count_distinct(request.path), pct(ms, 50)",
                "3: 30,5,45,2,10",
            ),
            ("stats count(*) by bin(1m)", "4: 1970-01-01 00:00:00.000,1 | 1970-01-01 00:01:00.000,2 | 1970-01-01 00:05:00.000,1"),
            ("fields upper(level) as l | filter l = 'INFO' # only those", "1: INFO"),
            ("filter strlen(level) = 4 | fields level", "1: INFO"),
        ] {
            assert_eq!(run(text), expected, "{text}");
        }
    }

    #[test]
    fn queries_that_cannot_be_run_are_refused() {
        for (text, expected) in [
            ("select x", r#"Malformed("unexpected symbol found select")"#),
            ("filter level =", r#"Malformed("unexpected symbol found =")"#),
            ("filter level ~ 1", r#"Malformed("unexpected symbol found ~")"#),
            ("limit many", r#"Malformed("unexpected symbol found many")"#),
            ("filter @message like /(/", r#"Malformed("invalid regular expression")"#),
            ("parse @message '*' as x", r#"Lacking("the command parse of a query")"#),
            ("stats mode(x)", r#"Lacking("the statistic mode of a query")"#),
        ] {
            assert_eq!(run(text), expected, "{text}");
        }
        assert!(run(&format!("filter {}", "(".repeat(10_000))).contains("too complex"));
    }
}
