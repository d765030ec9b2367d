// The function's log. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html,
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
import process from 'node:process';
import { format } from 'node:util';

import { toText } from './failure.mjs';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const METHODS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };

const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
let requestId;

export function setRequestId(id) {
  requestId = id;
}

/** Has the console write lines as Lambda does. */
export function replaceConsole() {
  const lowest = LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase());
  for (const [method, level] of Object.entries(METHODS)) {
    const hidden = level !== 'FATAL' && LEVELS.indexOf(level) < lowest;
    console[method] = hidden ? () => {} : (...values) => write(level, values);
  }
}

export function logFailure(what, failure) {
  const error = failure instanceof Error ? failure : new Error(failure);
  if (isJson) console.error(error);
  else console.error(what, `\t${toText(error)}`);
}

function write(level, values) {
  const timestamp = new Date().toISOString();
  const line = isJson ? record(timestamp, level, values) : [timestamp, String(requestId), level, format(...values)].join('\t');
  // Lines of an event go through the console as one; the region makes them lines again.
  process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
}

function record(timestamp, level, values) {
  const told = { timestamp, level, requestId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...told, message: values[0] }, withErrors);
    } catch {
      return JSON.stringify({ ...told, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  const more = error && { errorType: error.constructor.name, errorMessage: error.message, stackTrace: error.stack?.split('\n') ?? [] };
  return JSON.stringify({ ...told, message: format(...values), ...more });
}

function withErrors(_, value) {
  if (!(value instanceof Error)) return value;
  return { errorType: value.constructor.name, errorMessage: value.message, stackTrace: value.stack?.split('\n'), ...value };
}
