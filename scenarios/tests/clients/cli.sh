# The AWS CLI: transfers of s3, stacks of cloudformation, waiters. Any command that fails ends it.
set -eu

fail() {
    echo "cli.sh: $1" >&2
    exit 1
}

same() {
    [ "$1" = "$2" ] || fail "expected '$2', got '$1'"
}

refused() {
    code=$1
    shift
    if said=$("$@" 2>&1); then fail "not refused: $*"; fi
    case $said in *"$code"*) ;; *) fail "expected $code, got: $said" ;; esac
}

transfers() {
    mkdir -p site/deep
    head -c 20000000 /dev/urandom > site/large
    echo one > site/one
    echo two > "site/deep/two words"
    aws s3 mb s3://drill-cli
    aws s3 cp site/one s3://drill-cli/one --quiet
    aws s3 cp site s3://drill-cli/site --recursive --quiet
    aws s3 ls s3://drill-cli/site/ --recursive --summarize | grep -q 'Total Objects: 3' || fail "three objects"
    aws s3 sync s3://drill-cli/site back --quiet
    diff -r site back
    rm site/one
    same "$(aws s3 sync site s3://drill-cli/site --delete)" "delete: s3://drill-cli/site/one"
    same "$(aws s3 sync site s3://drill-cli/site --delete)" ""
    same "$(aws s3 cp s3://drill-cli/one -)" "one"
    echo streamed | aws s3 cp - s3://drill-cli/streamed --sse aws:kms
    aws s3 mv s3://drill-cli/streamed s3://drill-cli/moved --quiet
    # Version 1 of the CLI signs such an address by Signature Version 2 unless told not to.
    same "$(curl -sS --cacert "$AWS_CA_BUNDLE" "$(aws s3 presign s3://drill-cli/moved)")" "streamed"
    aws configure set default.s3.signature_version s3v4
    same "$(curl -sS --cacert "$AWS_CA_BUNDLE" "$(aws s3 presign s3://drill-cli/moved)")" "streamed"
    refused "(404)" aws s3 cp s3://drill-cli/none -
    refused "NoSuchBucket" aws s3 ls s3://drill-none
    refused "BucketNotEmpty" aws s3 rb s3://drill-cli
    aws s3 rb s3://drill-cli --force > rb
}

# Every other upload is refused, over one connection and without a second attempt; the others come.
refusals() {
    rounds=${ROUNDS:-20}
    export AWS_MAX_ATTEMPTS=1
    aws configure set default.s3.max_concurrent_requests 1
    aws s3 mb s3://drill-refusals
    aws s3api put-bucket-policy --bucket drill-refusals --policy '{"Version": "2012-10-17", "Statement": {"Effect": "Deny",
        "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::drill-refusals/*-denied"}}'
    mkdir some
    for number in $(seq "$rounds"); do
        echo denied > "some/$number-denied"
        echo good > "some/$number-good"
    done
    if aws s3 cp some s3://drill-refusals --recursive > said 2>&1; then fail "nothing was refused"; fi
    same "$(grep -c '(AccessDenied)' said)" "$rounds"
    same "$(aws s3 ls s3://drill-refusals | grep -c -- '-good$')" "$rounds"
    same "$(aws s3 ls s3://drill-refusals | wc -l)" "$rounds"
}

stacks() {
    cat > stack.yaml <<'Y'
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Days: {Type: Number, Default: 30, MinValue: 1}
Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      LifecycleConfiguration:
        Rules: [{Status: Enabled, ExpirationInDays: !Ref Days}]
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: !Sub "${Data.Arn}/*"}]
Outputs:
  Bucket: {Value: !Ref Data, Export: {Name: drill-bucket}}
  Role: {Value: !GetAtt Reader.Arn}
Y
    aws cloudformation validate-template --template-body file://stack.yaml > validated
    refused InsufficientCapabilities aws cloudformation create-stack --stack-name drill --template-body file://stack.yaml
    refused ValidationError aws cloudformation create-stack --stack-name drill --template-body file://stack.yaml \
        --capabilities CAPABILITY_IAM --parameters ParameterKey=Nights,ParameterValue=1
    aws cloudformation create-stack --stack-name drill --template-body file://stack.yaml --capabilities CAPABILITY_IAM \
        --parameters ParameterKey=Days,ParameterValue=7 --tags Key=team,Value=ops > created
    aws cloudformation wait stack-create-complete --stack-name drill
    refused AlreadyExistsException aws cloudformation create-stack --stack-name drill --template-body file://stack.yaml \
        --capabilities CAPABILITY_IAM
    bucket=$(aws cloudformation describe-stacks --stack-name drill \
        --query "Stacks[0].Outputs[?OutputKey=='Bucket'].OutputValue" --output text)
    same "$(aws s3api get-bucket-lifecycle-configuration --bucket "$bucket" --query 'Rules[0].Expiration.Days')" 7
    same "$(aws s3api get-bucket-tagging --bucket "$bucket" --query "TagSet[?Key=='team'].Value" --output text)" ops
    same "$(aws cloudformation describe-stack-events --stack-name drill --query 'StackEvents[0].ResourceStatus' --output text)" \
        CREATE_COMPLETE
    same "$(aws cloudformation list-stack-resources --stack-name drill --query 'length(StackResourceSummaries)')" 2
    same "$(aws cloudformation list-exports --query 'Exports[0].Name' --output text)" drill-bucket
    same "$(aws cloudformation get-template --stack-name drill --query TemplateBody --output text)" "$(cat stack.yaml)"

    # A bucket with data in it is kept, and the stack says why.
    aws s3 cp stack.yaml "s3://$bucket/kept" --quiet
    aws cloudformation delete-stack --stack-name drill
    refused DELETE_FAILED aws cloudformation wait stack-delete-complete --stack-name drill
    aws s3api delete-object --bucket "$bucket" --key kept > marker
    version=$(aws s3api list-object-versions --bucket "$bucket" --query 'Versions[0].VersionId' --output text)
    marker=$(aws s3api list-object-versions --bucket "$bucket" --query 'DeleteMarkers[0].VersionId' --output text)
    aws s3api delete-object --bucket "$bucket" --key kept --version-id "$version" > gone
    aws s3api delete-object --bucket "$bucket" --key kept --version-id "$marker" > gone
    aws cloudformation delete-stack --stack-name drill
    aws cloudformation wait stack-delete-complete --stack-name drill
    refused ValidationError aws cloudformation describe-stacks --stack-name drill
    refused "(404)" aws s3api head-bucket --bucket "$bucket"

    # What fails is rolled back.
    sed 's/ec2.amazonaws.com/"*nonsense"/; s/Statement: \[{Effect: Allow, Action/Statement: [{Effect: Perhaps, Action/' stack.yaml > bad.yaml
    aws cloudformation create-stack --stack-name bad --template-body file://bad.yaml --capabilities CAPABILITY_IAM > created
    refused ROLLBACK_COMPLETE aws cloudformation wait stack-create-complete --stack-name bad
    same "$(aws cloudformation describe-stacks --stack-name bad --query 'Stacks[0].StackStatus' --output text)" ROLLBACK_COMPLETE
    aws cloudformation delete-stack --stack-name bad
    aws cloudformation wait stack-delete-complete --stack-name bad
}

"$@"
