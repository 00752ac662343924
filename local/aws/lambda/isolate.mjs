// Body of one instance of a function: a thread with an environment of its own, which runs one event at a time. Plain JavaScript, because
// a thread that runs a bundle loads nothing else; only a handler's source needs the loader of TypeScript.
import { parentPort, workerData } from 'node:worker_threads';

const { file, exported } = workerData;
const MAX_PAYLOAD_BYTES = 6 * 2 ** 20;

/** What a failed invocation answers: Lambda's own shape. */
function failure(error, errorType) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: errorType ?? error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** The names under which Lambda's runtime reports a module that it cannot load. */
function loadFailure(error) {
  if (error instanceof SyntaxError) return failure(error, 'Runtime.UserCodeSyntaxError');
  const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  return failure(error, missing ? 'Runtime.ImportModuleError' : undefined);
}

async function load() {
  if (file.endsWith('.ts')) (await import('tsx/esm/api')).register();
  const loaded = await import(file);
  if (typeof loaded[exported] === 'function') return { handler: loaded[exported] };
  const errorMessage = `${file} exports no function ${exported}`;
  return { failed: { errorType: 'Runtime.HandlerNotFound', errorMessage, trace: [] } };
}

async function start() {
  const loaded = await load().catch((error) => ({ failed: loadFailure(error) }));
  // oxlint-disable-next-line require-post-message-target-origin -- a port between threads has no origin
  parentPort.postMessage('loaded');
  return loaded;
}

const loading = start();

async function run({ event, context, remainingMs }) {
  const deadline = performance.now() + remainingMs;
  const { handler, failed } = await loading;
  if (failed !== undefined) return { failed: true, broken: true, payload: JSON.stringify(failed) };
  try {
    const answer = await handler(event, {
      ...context,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    });
    const payload = JSON.stringify(answer ?? null);
    if (Buffer.byteLength(payload) <= MAX_PAYLOAD_BYTES) return { failed: false, broken: false, payload };
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
    const tooLarge = { errorType: 'Function.ResponseSizeTooLarge', errorMessage };
    return { failed: true, broken: false, payload: JSON.stringify(tooLarge) };
  } catch (error) {
    return { failed: true, broken: false, payload: JSON.stringify(failure(error)) };
  }
}

parentPort.on('message', (invocation) => {
  // oxlint-disable-next-line require-post-message-target-origin -- a port between threads has no origin
  void run(invocation).then((outcome) => parentPort.postMessage(outcome));
});
