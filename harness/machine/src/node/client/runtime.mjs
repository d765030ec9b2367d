// One invocation after another.
import process from 'node:process';

import { NodeJsExit, describe } from './failure.mjs';
import { isAsync } from './handler.mjs';
import { logFailure, setRequestId } from './log.mjs';
import { ResponseStream, streams } from './stream.mjs';

export class Runtime {
  /** What is done when the event loop is empty. */
  #whenIdle = () => {};

  constructor(api, handler, major, report) {
    Object.assign(this, { api, handler, major, report });
    process.on('beforeExit', () => {
      const act = this.#whenIdle;
      this.#whenIdle = () => {};
      act();
    });
  }

  /** Takes the next invocation, once what is due now is done. */
  next() {
    setImmediate(() => this.#invoke());
  }

  #invoke() {
    const { headers, text } = this.api.next();
    const id = headers['lambda-runtime-aws-request-id'];
    setRequestId(id);
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    this.report.failure = (failure) => this.api.invocationError(id, describe(failure));
    const answer = this.#answer(id);
    this.#whenIdle = () => {
      if (isAsync(this.handler)) answer.fail(new NodeJsExit());
      else answer.succeed(null);
    };
    let result;
    try {
      const event = JSON.parse(text);
      const context = invocationContext(headers);
      if (streams(this.handler)) {
        this.#stream(event, context, answer);
        return;
      }
      if (this.major < 24) answer.extend(context);
      result = this.major < 24 ? this.handler(event, context, answer.callback) : this.handler(event, context);
    } catch (error) {
      answer.fail(error);
      return;
    }
    if (typeof result?.then === 'function') result.then(answer.succeed, answer.fail);
    else if (this.major >= 24) answer.succeed(result);
  }

  /** Has the handler write its response, which is sent when it has ended; one that nobody ends is sent when nothing is left to do. */
  #stream(event, context, answer) {
    const stream = new ResponseStream();
    stream.once('finish', () => answer.streamed(stream));
    stream.once('error', answer.fail);
    const returned = () => {
      this.#whenIdle = () => answer.streamed(stream);
    };
    Promise.resolve(this.handler(event, stream, context)).then(returned, answer.fail);
  }

  /** Ways to end the invocation; the first that is used does. */
  #answer(id) {
    let [ended, waitsForIdle] = [false, true];
    const once = (act) => (...given) => {
      if (ended) return;
      ended = true;
      this.#whenIdle = () => {};
      act(...given);
    };
    const send = (result) => {
      let text;
      try {
        text = JSON.stringify(result === undefined ? null : result);
      } catch {
        return refuse(new Error('Unable to stringify response body'));
      }
      // What JSON does not have, such as a function.
      this.api.respond(id, text ?? '');
      this.next();
    };
    const refuse = (error) => {
      logFailure('Invoke Error', error);
      this.api.invocationError(id, describe(error));
      this.next();
    };
    const isError = (error) => error !== undefined && error !== null;
    const callback = once((error, result) => {
      if (isError(error)) refuse(error);
      else if (waitsForIdle) this.#whenIdle = () => setImmediate(() => send(result));
      else send(result);
    });
    const succeed = once(send);
    const streamed = once((stream) => {
      this.api.respondStreamed(id, stream.bytes, stream.contentType);
      this.next();
    });
    const fail = once((error) => refuse(isError(error) ? error : 'handled'));
    const done = once((error, result) => (isError(error) ? refuse(error) : send(result)));
    const extend = (context) => {
      const waits = { enumerable: true, get: () => waitsForIdle, set: (value) => (waitsForIdle = value) };
      Object.defineProperty(Object.assign(context, { succeed, fail, done }), 'callbackWaitsForEmptyEventLoop', waits);
    };
    return { callback, succeed, fail, extend, streamed };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function invocationContext(headers) {
  const { env } = process;
  const parsed = (name) => headers[name] && JSON.parse(headers[name]);
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed('lambda-runtime-client-context'),
    identity: parsed('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Number(headers['lambda-runtime-deadline-ms']) - Date.now(),
  };
}
