import { InternalServerError, ThrottlingException } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { withTranslatedErrors } from '../../../src/adapters/dynamodb/deadline.ts';

async function refused(fault: Error): Promise<unknown> {
  try {
    return await withTranslatedErrors('Query', async () => {
      throw fault;
    });
  } catch (caught) {
    return caught;
  }
}

test('what may pass is retryable by name, and everything else stays what it is', async () => {
  const $metadata = {};
  expect(await refused(new ThrottlingException({ message: 'slower', $metadata }))).toMatchObject({
    name: 'Throttled',
    retryable: true,
  });
  for (const error of [
    new InternalServerError({ message: 'try again', $metadata }),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  ])
    expect(await refused(error)).toMatchObject({
      name: 'TargetUnavailable',
      retryable: true,
      fields: { operation: 'Query' },
    });
  const own = new TypeError('a defect');
  expect(await refused(own)).toBe(own);
});
