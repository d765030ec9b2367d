// Runs a function of a Node.js runtime: loads its handler, and has it answer one invocation after another.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html, https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import process from 'node:process';

import { RuntimeApi } from './api.mjs';
import { UnhandledPromiseRejection, describe } from './failure.mjs';
import { load } from './handler.mjs';
import { logFailure, replaceConsole } from './log.mjs';
import { searchNodePath } from './modules.mjs';
import { Runtime } from './runtime.mjs';

/** 24 for `nodejs24.x`: how a handler is called goes by the runtime, not by the Node.js that runs it. */
const major = Number(/\d+/.exec(process.argv[2])?.[0]);

replaceConsole();
const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
searchNodePath();

/** Replaced while there is an invocation, which the failure is the answer of then. */
const report = { failure: (failure) => api.initError(describe(failure)) };
process.on('uncaughtException', (failure) => {
  logFailure('Uncaught Exception', failure);
  report.failure(failure);
  process.exit(129);
});
process.on('unhandledRejection', (reason, promise) => {
  const failure = new UnhandledPromiseRejection(reason, promise);
  logFailure('Unhandled Promise Rejection', failure);
  report.failure(failure);
  process.exit(128);
});

let handler;
try {
  handler = await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER, major);
} catch (failure) {
  logFailure(major < 24 ? 'Uncaught Exception' : 'Init Error', failure);
  api.initError(describe(failure));
  process.exit(major < 24 ? 129 : 1);
}
new Runtime(api, handler, major, report).next();
