"""A stack with a bucket, deployed by values of its own."""
import pathlib

from clients import client

cloudformation = client("cloudformation")
cloudformation.create_stack(
    StackName="small",
    TemplateBody=pathlib.Path(__file__).with_name("small_stack.yaml").read_text(),
    Parameters=[{"ParameterKey": "Days", "ParameterValue": "9"}, {"ParameterKey": "Password", "ParameterValue": "secret"}],
)
cloudformation.get_waiter("stack_create_complete").wait(StackName="small", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
