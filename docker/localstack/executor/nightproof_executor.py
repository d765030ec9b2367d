"""LocalStack keeps functions and runs none of them: what --cloudformation native deploys is looked at, and what runs, runs in the region.

LocalStack's own executor wants Docker's socket and a binary that it downloads, before a function can so much as be created.
https://github.com/localstack/localstack/blob/v4.14.0/localstack-core/localstack/services/lambda_/invocation/runtime_executor.py
"""

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class RecordOnly(RuntimeExecutorPlugin):
    name = "record-only"

    def load(self, *args, **kwargs):
        from localstack.services.lambda_.invocation.runtime_executor import LambdaRuntimeException, RuntimeExecutor

        class Executor(RuntimeExecutor):
            def start(self, env_vars):
                raise LambdaRuntimeException("functions of this LocalStack are kept and not run")

            def invoke(self, payload):
                raise LambdaRuntimeException("functions of this LocalStack are kept and not run")

            def stop(self):
                pass

            def get_address(self):
                return ""

            def get_endpoint_from_executor(self):
                return ""

            def get_runtime_endpoint(self):
                return ""

            def get_logs(self):
                return ""

            @classmethod
            def prepare_version(cls, function_version):
                pass

            @classmethod
            def cleanup_version(cls, function_version):
                pass

        return Executor
