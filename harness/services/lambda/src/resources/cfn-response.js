// Answers CloudFormation's request for a custom resource.
'use strict';

const https = require('node:https');

exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

/** Puts the answer to the address that the request names, then ends the invocation; what goes wrong with that is printed. */
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  console.log('Response body:\n', body);
  return new Promise((resolve) => {
    const end = (...words) => {
      console.log(...words);
      // Runtimes from Node.js 24 on have none: their handlers wait for the promise.
      context.done?.();
      resolve();
    };
    // Without a type of its own: the address is not signed for one.
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    const request = https.request(event.ResponseURL, { method: 'PUT', headers }, (response) => {
      response.resume();
      end('Status code:', response.statusCode);
    });
    request.on('error', (error) => end('send(..) failed executing https.request(..):', error.message));
    request.end(body);
  });
};
