"""cloudformation: macros and custom resources by real functions, parts from buckets, serverless applications, stacks within stacks."""

import json

from clients import client, refused, until

cloudformation, functions, s3, queues = client("cloudformation"), client("lambda"), client("s3"), client("sqs")
ROLE = """
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
"""
MACRO = f"""
Resources:{ROLE}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
          def handler(event, context):
              if event["params"].get("Fail"):
                  return {{"requestId": event["requestId"], "status": "failed", "errorMessage": "told to"}}
              fragment = event["fragment"]
              fragment["DelaySeconds"] = int(event["params"]["Delay"]) + len(event["templateParameterValues"])
              fragment["Tags"] = [{{"Key": "by", "Value": event["transformId"]}}]
              return {{"requestId": event["requestId"], "status": "success", "fragment": fragment}}
  Macro: {{Type: AWS::CloudFormation::Macro, Properties: {{Name: Delayed, FunctionName: !GetAtt Function.Arn}}}}
"""
USER = """
Parameters: {Delay: {Type: Number, Default: 40}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 9
      Fn::Transform: {Name: Delayed, Parameters: {Delay: !Ref Delay}}
Outputs: {Url: {Value: !Ref Queue}}
"""
CUSTOM = f"""
Transform: [AWS::LanguageExtensions]
Parameters:
  Tiers: {{Type: CommaDelimitedList, Default: "web,db"}}
Resources:{ROLE}
  Fn::ForEach::Tier:
    - T
    - !Ref Tiers
    - Log${{T}}: {{Type: AWS::Logs::LogGroup, Properties: {{RetentionInDays: 1}}}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
          import cfnresponse
          def handler(event, context):
              size = event["ResourceProperties"]["Size"]
              if size == "13":
                  return cfnresponse.send(event, context, cfnresponse.FAILED, {{}}, "pid-" + size, reason="not this one")
              cfnresponse.send(event, context, cfnresponse.SUCCESS, {{"Twice": str(2 * int(size)), "Type": event["RequestType"]}}, "pid-" + size)
  Custom: {{Type: Custom::Twice, Properties: {{ServiceToken: !GetAtt Function.Arn, ServiceTimeout: 60, Size: SIZE}}}}
Outputs:
  Ref: {{Value: !Ref Custom}}
  Twice: {{Value: !GetAtt Custom.Twice}}
  Type: {{Value: !GetAtt Custom.Type}}
  Tiers: {{Value: !Length {{Ref: Tiers}}}}
"""
APPLICATION = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 30, Runtime: python3.13}}
Resources:
  Nightly:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.go
      Policies: [{Version: "2012-10-17", Statement: [{Effect: Allow, Action: ssm:SendCommand, Resource: "*"}]}]
      InlineCode: |
        def go(event, context):
            return "went"
      Events:
        Night: {Type: Schedule, Properties: {Schedule: cron(30 1 * * ? *)}}
Outputs: {Name: {Value: !Ref Nightly}}
"""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def outputs(name):
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def wait(name, what):
    cloudformation.get_waiter(what).wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def rolled_back(name):
    status = lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    until("the stack is rolled back", lambda: status() == "ROLLBACK_COMPLETE")


def create(name, body):
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES)
    wait(name, "stack_create_complete")
    return outputs(name)


def reasons(name):
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [event.get("ResourceStatusReason", "") for event in events]


def delete(name):
    cloudformation.delete_stack(StackName=name)
    wait(name, "stack_delete_complete")


def macros():
    create("macro", MACRO)
    url = create("user", USER)["Url"]
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["DelaySeconds"], attributes["VisibilityTimeout"]) == ("41", "9"), attributes
    assert queues.list_queue_tags(QueueUrl=url)["Tags"]["by"].endswith("::Delayed")
    processed = cloudformation.get_template(StackName="user", TemplateStage="Processed")["TemplateBody"]
    assert processed["Resources"]["Queue"]["Properties"]["DelaySeconds"] == 41, processed
    assert "Fn::Transform" in cloudformation.get_template(StackName="user", TemplateStage="Original")["TemplateBody"]
    failing = USER.replace("{Delay: !Ref Delay}", "{Fail: yes}")
    cloudformation.create_stack(StackName="failing", TemplateBody=failing, Capabilities=CAPABILITIES)
    rolled_back("failing")
    assert any("::Delayed failed with: told to." in reason for reason in reasons("failing")), reasons("failing")
    for name in ["failing", "user", "macro"]:
        delete(name)


def custom_resources():
    made = create("custom", CUSTOM.replace("SIZE", "21"))
    assert made == {"Ref": "pid-21", "Twice": "42", "Type": "Create", "Tiers": "2"}, made
    cloudformation.update_stack(StackName="custom", TemplateBody=CUSTOM.replace("SIZE", "22"), Capabilities=CAPABILITIES)
    wait("custom", "stack_update_complete")
    assert outputs("custom") == {"Ref": "pid-22", "Twice": "44", "Type": "Update", "Tiers": "2"}, outputs("custom")
    cloudformation.update_stack(StackName="custom", TemplateBody=CUSTOM.replace("SIZE", "13"), Capabilities=CAPABILITIES)
    wait("custom", "stack_rollback_complete")
    assert any("Message returned: not this one (RequestId: " in reason for reason in reasons("custom")), reasons("custom")
    delete("custom")


def applications():
    name = create("application", APPLICATION)["Name"]
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "went"
    kinds = {one["ResourceType"] for one in cloudformation.list_stack_resources(StackName="application")["StackResourceSummaries"]}
    assert kinds == {"AWS::Events::Rule", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Lambda::Permission"}, kinds
    broken = APPLICATION.replace("Handler: index.go", "Handlers: index.go")
    cloudformation.create_stack(StackName="broken", TemplateBody=broken, Capabilities=CAPABILITIES)
    rolled_back("broken")
    words = "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. Number of errors found: 1."
    assert any(words in reason for reason in reasons("broken")), reasons("broken")
    refused("InsufficientCapabilitiesException", cloudformation.create_stack, StackName="x", TemplateBody=APPLICATION)
    for name in ["broken", "application"]:
        delete(name)


def nested():
    s3.create_bucket(Bucket="nested-templates")
    s3.put_object(Bucket="nested-templates", Key="child.yaml", Body=USER.split("      Fn::Transform")[0] + "Outputs: {Url: {Value: !Ref Queue}}\n")
    address = "https://nested-templates.s3.us-east-1.amazonaws.com/child.yaml"
    parent = f"Resources: {{Child: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: '{address}'}}}}}}\n"
    url = create("parent", parent + "Outputs: {Url: {Value: !GetAtt Child.Outputs.Url}}\n")["Url"]
    assert queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "9"
    child = cloudformation.describe_stack_resource(StackName="parent", LogicalResourceId="Child")["StackResourceDetail"]
    described = cloudformation.describe_stacks(StackName=child["PhysicalResourceId"])["Stacks"][0]
    assert described["RootId"] == described["ParentId"] == cloudformation.describe_stacks(StackName="parent")["Stacks"][0]["StackId"]
    delete("parent")
    assert cloudformation.describe_stacks(StackName=child["PhysicalResourceId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


macros()
custom_resources()
applications()
nested()
