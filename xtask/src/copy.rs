//! How fast the AWS CLI of an instance copies a file into a bucket, against the same CLI copying the same way straight into LocalStack: both
//! in containers of the same image and size, by turns. What is between is the guest's relay, TLS, and the region's gateway.

use std::process::Command;
use std::time::Duration;

use crate::localstack::LocalStack;
use crate::step::{self, StepError};
use crate::up::{Up, until};

/// How often each copies; medians are told.
const RUNS: usize = 5;
/// The size of a t3.medium, for both.
const SIZE: [&str; 4] = ["--cpus", "2", "--memory", "4g"];
/// How long anything but a copy may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An instance that may copy into a bucket, and be sent commands.
const TEMPLATE: &str = r"
Parameters:
  Image:
    Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>
    Default: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: copies}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore]
      Policies:
        - PolicyName: copy
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: ['s3:PutObject', 's3:AbortMultipartUpload'], Resource: arn:aws:s3:::copies/*}]
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Instance:
    Type: AWS::EC2::Instance
    Properties: {ImageId: !Ref Image, InstanceType: t3.medium, IamInstanceProfile: !Ref Profile}
";

/// Says on standard output how many milliseconds a copy of the file into the bucket of this name takes.
fn copy(bucket: &str) -> String {
    format!(
        "set -e; begun=$(date +%s%N); aws s3 cp /var/tmp/file s3://{bucket}/file --only-show-errors; \
         echo $((($(date +%s%N) - begun) / 1000000))"
    )
}

/// A container of the instances' image, in the host's network.
struct Straight {
    id: String,
    /// Where the AWS CLI in it looks for AWS, and as whom.
    environment: Vec<(String, String)>,
}

impl Straight {
    fn start(image: &str) -> Result<Self, StepError> {
        let run = ["run", "--detach", "--rm", "--network", "host", "--entrypoint", "sleep"];
        // So that what a killed run leaves is found by `nightproof sweep`, a day later.
        let expires = step::said(Command::new("date").args(["--utc", "--date", "1 day", "+%Y-%m-%dT%H:%M:%SZ"]))?;
        let labels = ["nightproof.run=copy".to_owned(), format!("nightproof.expires={}", expires.trim())];
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let id = step::said(Command::new("docker").args(run).args(labels).args(SIZE).args([image, "86400"]))?;
        Ok(Self { id: id.trim().to_owned(), environment: Vec::new() })
    }

    /// What a script says.
    fn sh(&self, script: &str) -> Result<String, StepError> {
        let mut command = Command::new("docker");
        command.arg("exec");
        for (name, value) in &self.environment {
            command.args(["--env", &format!("{name}={value}")]);
        }
        step::said(command.args([&self.id, "sh", "-c", script])).map(|said| said.trim().to_owned())
    }

    /// The AWS CLI at an endpoint.
    fn at(&mut self, environment: impl IntoIterator<Item = (String, String)>) {
        self.environment = environment.into_iter().collect();
    }
}

impl Drop for Straight {
    fn drop(&mut self) {
        if let Err(error) = step::said(Command::new("docker").args(["rm", "--force", &self.id])) {
            step::fail(&error);
        }
    }
}

/// Points the AWS CLI of `client` at the region.
fn serve(up: &Up, client: &mut Straight) -> Result<(), StepError> {
    let ca = up.environment().iter().find(|(name, _)| name == "AWS_CA_BUNDLE").map(|(_, path)| path.as_str());
    step::said(Command::new("docker").args(["cp", ca.unwrap_or_default(), &format!("{}:/ca.pem", client.id)]))?;
    let inside = |(name, value): &(String, String)| {
        (name.clone(), if name == "AWS_CA_BUNDLE" { "/ca.pem".to_owned() } else { value.clone() })
    };
    client.at(up.environment().iter().map(inside));
    Ok(())
}

/// Has the instance run a script by way of the region, and answers what it said.
fn on_instance(client: &Straight, instance: &str, script: &str) -> Result<String, StepError> {
    let quoted = script.replace('\\', "\\\\").replace('"', "\\\"");
    let send = format!(
        "aws ssm send-command --document-name AWS-RunShellScript --instance-ids {instance} --query Command.CommandId --output text \
         --parameters '{{\"commands\":[\"{quoted}\"]}}'"
    );
    let command = client.sh(&send)?;
    client.sh(&format!("aws ssm wait command-executed --command-id {command} --instance-id {instance}"))?;
    let asked = format!("aws ssm get-command-invocation --command-id {command} --instance-id {instance}");
    client.sh(&format!("{asked} --query StandardOutputContent --output text"))
}

fn number(text: &str) -> Result<f64, StepError> {
    text.trim().parse().map_err(|_| StepError::Found(format!("`{text}` is no time")))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Measures a file of so many MiB, with a release build.
pub(crate) fn measure(mebibytes: u32) -> Result<(), StepError> {
    step::cargo(&["build", "--release", "--package", "nightproof"], &[])?;
    let program = step::target().join("release/nightproof");
    let images = step::said(Command::new(&program).arg("images"))?;
    let image = images.lines().find_map(|line| line.strip_prefix("instance")).map(str::trim);
    let image = image.ok_or_else(|| StepError::Found(format!("`nightproof images` names no instance image:\n{images}")))?;
    let localstack = LocalStack::start()?;
    let url = localstack.url();
    let folder = std::env::temp_dir().join(format!("copy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| StepError::Found(format!("cannot make `{}`: {error}", folder.display())))?;
    let make = format!("head -c {} /dev/urandom > /var/tmp/file", u64::from(mebibytes) << 20);
    let mut straight = Straight::start(image)?;
    straight.sh(&make)?;
    let to_localstack = [("AWS_ENDPOINT_URL", url.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    let to_localstack = || to_localstack.map(|(name, value)| (name.to_owned(), value.to_owned()));
    straight.at(to_localstack());
    straight.sh("aws s3 mb s3://straight")?;
    let mut told = Vec::new();
    for (name, cloud) in
        [("localstack", &["--cloud", "localstack", "--localstack", url.as_str()][..]), ("embedded", &["--cloud", "embedded"])]
    {
        let up = Up::start(&program, &folder, &[&["--machine", "container"], cloud].concat())?;
        serve(&up, &mut straight)?;
        straight.sh(&format!("cat > /template.yaml <<'END'\n{TEMPLATE}\nEND\naws cloudformation deploy --stack-name copy --template-file /template.yaml --capabilities CAPABILITY_IAM"))?;
        let described = "aws cloudformation describe-stack-resource --stack-name copy --logical-resource-id Instance";
        let instance = straight.sh(&format!("{described} --query StackResourceDetail.PhysicalResourceId --output text"))?;
        let online = "aws ssm describe-instance-information --query 'InstanceInformationList[].PingStatus' --output text";
        until(PATIENCE, "the instance's agent", || straight.sh(online).ok().filter(|status| status == "Online"))?;
        on_instance(&straight, &instance, &make)?;
        let (mut through, mut past) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            serve(&up, &mut straight)?;
            through.push(number(&on_instance(&straight, &instance, &copy("copies"))?)?);
            straight.at(to_localstack());
            past.push(number(&straight.sh(&copy("straight"))?)?);
        }
        let (through, past) = (median(through), median(past));
        told.push(format!(
            "{name:<10} {through:>6.0} ms through the region, {past:>6.0} ms straight to LocalStack: {:.0} % of its speed",
            100.0 * past / through
        ));
        serve(&up, &mut straight)?;
    }
    let _ = std::fs::remove_dir(&folder);
    step::tell(&format!("{mebibytes} MiB by `aws s3 cp`, medians of {RUNS} by turns\n{}", told.join("\n")));
    Ok(())
}
