// The Lambda Runtime API. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
// Calls block this thread, and with it all that the handler has left in the event loop: an environment that waits for an invocation is frozen.
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';

export class RuntimeApi {
  constructor(address) {
    const { port1: port, port2: other } = new MessageChannel();
    this.port = port;
    this.answered = new Int32Array(new SharedArrayBuffer(4));
    const workerData = { address, port: other, answered: this.answered };
    // Without the function's NODE_OPTIONS, which are for its own thread.
    const options = { workerData, transferList: [other], env: {}, execArgv: [] };
    this.worker = new Worker(new URL('./exchange.cjs', import.meta.url), options);
    // Neither keeps the event loop from being empty.
    this.worker.unref();
    this.port.unref();
  }

  /** Waits for an invocation: its headers, and its event as text. */
  next() {
    return this.#exchange({ method: 'GET', path: 'invocation/next' });
  }

  respond(id, text) {
    this.#exchange({ method: 'POST', path: `invocation/${encodeURIComponent(id)}/response`, body: text });
  }

  /** The whole of a response that was streamed. */
  respondStreamed(id, bytes, type) {
    const headers = { 'Content-Type': type, 'Lambda-Runtime-Function-Response-Mode': 'streaming' };
    this.#exchange({ method: 'POST', path: `invocation/${encodeURIComponent(id)}/response`, body: bytes, headers });
  }

  invocationError(id, description) {
    this.#fail(`invocation/${encodeURIComponent(id)}/error`, description);
  }

  initError(description) {
    this.#fail('init/error', description);
  }

  #fail(path, description) {
    const headers = { 'Lambda-Runtime-Function-Error-Type': encodeURIComponent(description.errorType) };
    this.#exchange({ method: 'POST', path, body: JSON.stringify(description), headers });
  }

  #exchange(request) {
    Atomics.store(this.answered, 0, 0);
    this.port.postMessage(request);
    Atomics.wait(this.answered, 0, 0);
    const answer = receiveMessageOnPort(this.port).message;
    if (answer.failed !== undefined) throw new Error(`the Runtime API did not answer: ${answer.failed}`);
    return answer;
  }
}
