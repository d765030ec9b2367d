//! What a run costs, by list prices: an order of magnitude, before anything is made.

use nightproof_drill::Change;

/// US dollars an hour for resources that cost by the hour. us-east-1, on demand, 2025; t3.micro, with a public IPv4 address and a
/// disk of 8 GiB. <https://aws.amazon.com/ec2/pricing/on-demand/>, <https://aws.amazon.com/vpc/pricing/>,
/// <https://aws.amazon.com/ebs/pricing/>, <https://aws.amazon.com/kms/pricing/>, <https://aws.amazon.com/cloudwatch/pricing/>
const HOURLY: &[(&str, f64)] = &[
    ("AWS::EC2::Instance", 0.0104 + 0.005 + 8.0 * 0.08 / 730.0),
    ("AWS::KMS::Key", 1.0 / 730.0),
    ("AWS::EC2::EIP", 0.005),
    ("AWS::CloudWatch::Alarm", 0.1 / 730.0),
];

/// What requests, log lines and stored megabytes of one run come to at most.
const REQUESTS: f64 = 0.01;

/// Dollars for `hours` of what `changes` make.
pub(super) fn estimate(changes: &[Change], hours: u32) -> f64 {
    let price = |change: &Change| HOURLY.iter().find(|(kind, _)| *kind == change.kind).map_or(0.0, |(_, price)| *price);
    REQUESTS + changes.iter().map(price).sum::<f64>() * f64::from(hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_by_the_hour_costs_more_with_the_hours() {
        let change = |kind: &str| Change { action: "Add".to_owned(), logical_id: "A".to_owned(), kind: kind.to_owned() };
        let changes = [change("AWS::EC2::Instance"), change("AWS::IAM::Role")];
        assert!(estimate(&changes, 6) > estimate(&changes, 1) && estimate(&changes, 1) < 0.05, "{}", estimate(&changes, 1));
        assert!(estimate(&[], 6) <= REQUESTS);
    }
}
