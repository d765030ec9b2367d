// The thread that speaks HTTP while the function's own one waits.
'use strict';

const http = require('node:http');
const { workerData } = require('node:worker_threads');

const { address, port, answered } = workerData;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, number] = address.split(':');

port.on('message', ({ method, path, headers, body }) => {
  const give = (answer) => {
    port.postMessage(answer);
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  };
  const length = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const options = { agent, host, port: number, method, path: `/2018-06-01/runtime/${path}`, headers: { ...length, ...headers } };
  const request = http.request(options, (response) => {
    const pieces = [];
    response.on('data', (piece) => pieces.push(piece));
    response.on('error', (error) => give({ failed: error.message }));
    response.on('end', () => give({ headers: response.headers, text: Buffer.concat(pieces).toString() }));
  });
  request.on('error', (error) => give({ failed: error.message }));
  request.end(body);
});
