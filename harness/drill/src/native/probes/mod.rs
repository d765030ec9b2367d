//! Everything that can be asked, by service. The paths and members are those of each service's API reference.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

mod ec2;
mod events;
mod iam;
mod kms;
mod lambda;
mod logs;
mod monitoring;
mod s3;
mod sns;
mod sqs;
mod ssm;

use super::probe::Probe;

/// All aspects, a service's after another's.
pub(super) fn all() -> impl Iterator<Item = &'static Probe> {
    let services = [
        ec2::ASPECTS,
        iam::ASPECTS,
        s3::ASPECTS,
        lambda::ASPECTS,
        kms::ASPECTS,
        logs::ASPECTS,
        events::ASPECTS,
        sqs::ASPECTS,
        monitoring::ASPECTS,
        sns::ASPECTS,
        ssm::ASPECTS,
    ];
    services.into_iter().flatten()
}
