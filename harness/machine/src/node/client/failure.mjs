// How failures are told: to who invokes, and in the log.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
import { types } from 'node:util';

class RuntimeFailure extends Error {
  // Of the class: what an error has itself is listed in the log.
  get name() {
    return `Runtime.${this.constructor.name}`;
  }
}

export class ImportModuleError extends RuntimeFailure {}
export class UserCodeSyntaxError extends RuntimeFailure {}
export class HandlerNotFound extends RuntimeFailure {}
export class MalformedHandlerName extends RuntimeFailure {}

export class UnhandledPromiseRejection extends RuntimeFailure {
  constructor(reason, promise) {
    super(reason);
    Object.assign(this, { reason, promise });
  }
}

export class NodeJsExit extends RuntimeFailure {
  constructor() {
    super(
      'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. ' +
        'For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
    );
  }
}

export class CallbackHandlerDeprecated extends RuntimeFailure {
  constructor() {
    super(
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function ' +
        'to use a supported handler signature to use Node.js 24 or later. For more information see ' +
        'https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
}

/** What AWS has and the region lacks: the region takes it for its own answer. */
export class NotImplemented extends Error {
  get name() {
    return 'Nightproof.NotImplemented';
  }
}

/** The SDK that the runtimes of AWS bring, and what comes with it. */
const SDK = /^Cannot find (?:module|package) '((?:@aws-sdk|@smithy)\/[^']+)'/;

/** What a failure stands for: a package of the SDK that is not there would be there on AWS. */
export function meant(failure) {
  const lacking = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(failure?.code) && SDK.exec(failure.message);
  if (!lacking) return failure;
  return new NotImplemented(
    `\`${lacking[1]}\` of the AWS SDK for JavaScript, which was installed by npm neither here nor in the function's package`,
  );
}

/** The payload of a failed invocation. */
export function describe(thrown) {
  try {
    const failure = meant(thrown);
    if (types.isNativeError(failure) || [failure?.name, failure?.message, failure?.stack].every((text) => text && typeof text === 'string')) {
      return { errorType: failure.name, errorMessage: failure.message, trace: failure.stack.split('\n') };
    }
    return { errorType: typeof failure, errorMessage: String(failure), trace: [] };
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
    return { errorType: 'handled', errorMessage };
  }
}

/** An error as JSON, with what JSON.stringify leaves out of it. */
export function toText(failure) {
  const whole = (_, value) => {
    if (!(value instanceof Error)) return value;
    const told = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
    return typeof value.stack === 'string' ? { ...told, stack: value.stack.split('\n') } : told;
  };
  try {
    return JSON.stringify(failure, whole);
  } catch {
    return JSON.stringify(describe(failure));
  }
}
