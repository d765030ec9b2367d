// Responses that a handler writes piece by piece. https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
import { Writable } from 'node:stream';

const STREAMS = Symbol.for('aws.lambda.runtime.handler.streaming');

/** Whether the handler said that it streams. */
export function streams(handler) {
  return handler[STREAMS] === 'response';
}

/** What a handler writes; it is sent when it ends. */
export class ResponseStream extends Writable {
  #pieces = [];
  contentType = 'application/octet-stream';

  setContentType(type) {
    this.contentType = type;
  }

  write(piece, ...rest) {
    const plain = typeof piece === 'string' || piece instanceof Uint8Array;
    return super.write(plain ? piece : JSON.stringify(piece), ...rest);
  }

  _write(piece, _encoding, done) {
    this.#pieces.push(Buffer.from(piece));
    done();
  }

  get bytes() {
    return Buffer.concat(this.#pieces);
  }
}

/** What a function's code finds under the name `awslambda`. */
export const awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMS]: 'response' }),
  HttpResponseStream: {
    /** Status, headers and cookies go before the body, apart from it by 8 bytes of zero. */
    from(stream, prelude) {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};
