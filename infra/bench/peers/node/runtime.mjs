// The Lambda Runtime API for one handler. Lambda's own runtime for Node.js comes with the platform, and its
// published client compiles C++; this loop does less than either, which is in the peer's favour.
import http from 'node:http';

const { AWS_LAMBDA_RUNTIME_API } = process.env;
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body) => new Promise((resolve, reject) => {
  const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const options = { host, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers };
  const request = http.request(options, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => resolve({ headers: response.headers, text: Buffer.concat(parts).toString() }));
    response.on('error', reject);
  });
  request.on('error', reject);
  request.end(body);
});

const { handler } = await import('./receiver.cjs');
for (;;) {
  const { headers, text } = await call('GET', 'invocation/next');
  const id = headers['lambda-runtime-aws-request-id'];
  try {
    const answer = await handler(JSON.parse(text), { awsRequestId: id });
    await call('POST', `invocation/${id}/response`, JSON.stringify(answer));
  } catch (error) {
    const failure = JSON.stringify({ errorType: error.name, errorMessage: error.message });
    await call('POST', `invocation/${id}/error`, failure);
  }
}
