//! `shutdown`, `reboot`, `poweroff` and `halt`. <https://man7.org/linux/man-pages/man8/shutdown.8.html>

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::terminal::complain;
use crate::control::{self, Order};

/// `reboot`, `poweroff` or `halt`, now.
pub(super) fn main(command: &str, arguments: &[String]) -> u8 {
    for argument in arguments {
        match argument.as_str() {
            "-f" | "--force" | "-ff" | "--no-wall" | "-n" | "--no-sync" | "-d" | "--no-wtmp" => {}
            "-w" | "--wtmp-only" => return 0,
            other => {
                complain(&format!("{command}: unrecognized option '{other}'"));
                return 1;
            }
        }
    }
    give(if command == "reboot" { Order::Reboot(0) } else { Order::PowerOff(0) })
}

/// `shutdown [OPTIONS] [TIME] [WALL…]`.
pub(super) fn shutdown(arguments: &[String]) -> u8 {
    match parse(arguments, now()) {
        Ok(order) => {
            let plan = match order {
                Order::Reboot(after) => Some(("Reboot", after)),
                Order::PowerOff(after) => Some(("Shutdown", after)),
                _ => None,
            };
            if let Some((what, after)) = plan.filter(|(_, after)| *after > 0) {
                let seconds = i64::try_from(after).unwrap_or(i64::MAX);
                let at = now() + jiff::SignedDuration::from_secs(seconds);
                complain(&format!(
                    "{what} scheduled for {}, use 'shutdown -c' to cancel.",
                    at.to_zoned(TimeZone::UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC")
                ));
            }
            give(order)
        }
        Err(reason) => {
            complain(&reason);
            1
        }
    }
}

fn parse(arguments: &[String], now: Timestamp) -> Result<Order, String> {
    let (mut reboots, mut time) = (false, None);
    for argument in arguments {
        match argument.as_str() {
            "-r" | "--reboot" => reboots = true,
            "-h" | "-P" | "-H" | "--poweroff" | "--halt" | "--no-wall" | "-f" | "-F" => {}
            "-c" => return Ok(Order::Cancel),
            option if option.starts_with('-') => {
                return Err(format!("shutdown: invalid option -- '{}'", option.trim_start_matches('-')));
            }
            // What follows the time is said to everybody who is logged in.
            other => {
                time.get_or_insert(other);
            }
        }
    }
    let after = after(time.unwrap_or("+1"), now)
        .ok_or_else(|| format!("Failed to parse time specification: {}", time.unwrap_or_default()))?;
    Ok(if reboots { Order::Reboot(after) } else { Order::PowerOff(after) })
}

/// Seconds until `now`, `+MINUTES`, or the next `HH:MM` in UTC.
fn after(time: &str, now: Timestamp) -> Option<u64> {
    if time == "now" {
        return Some(0);
    }
    if let Some((hour, minute)) = time.split_once(':') {
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
            return None;
        }
        let wanted = hour * 3600 + minute * 60;
        return u64::try_from((wanted - now.as_second().rem_euclid(86_400)).rem_euclid(86_400)).ok();
    }
    time.strip_prefix('+').unwrap_or(time).parse::<u64>().ok()?.checked_mul(60)
}

fn give(order: Order) -> u8 {
    match control::order(order) {
        Ok(_) => 0,
        // The guest has ended with the answer on its way: that is what was asked for.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
        Err(error) => {
            complain(&format!("Failed to talk to init daemon: {error}"));
            1
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a machine has real time, as an instance has")]
fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Order, String> {
        let now = "2026-11-23T02:59:00Z".parse().unwrap();
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), now)
    }

    #[test]
    fn a_time_is_now_minutes_or_of_the_clock() {
        assert_eq!(parsed("-r +1"), Ok(Order::Reboot(60)));
        assert_eq!(parsed("-h now good bye"), Ok(Order::PowerOff(0)));
        assert_eq!(parsed(""), Ok(Order::PowerOff(60)));
        assert_eq!(parsed("-r 03:00"), Ok(Order::Reboot(60)));
        assert_eq!(parsed("-r 02:58"), Ok(Order::Reboot(86_340)));
        assert_eq!(parsed("-c"), Ok(Order::Cancel));
        assert_eq!(parsed("-r soon"), Err("Failed to parse time specification: soon".to_owned()));
    }
}
