import { ServiceUnavailable } from '../../domain/errors.ts';

/** What CloudFormation asks of a custom resource, as far as an answer repeats it. */
export interface StackRequest {
  /** Where the answer goes; whoever has it may answer, so it is never logged. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

/** Answers CloudFormation, which otherwise waits for an hour. */
export interface StackAnswer {
  /** `failure` is what the events of the stack show; null where all went well. */
  send(request: StackRequest, resourceId: string, failure: string | null): Promise<void>;
}

/** What CloudFormation reads of a reason. */
const LONGEST_REASON = 1_000;

/** Puts the answer where the request says. Throws ServiceUnavailable where that does not take it. */
export function createStackAnswer(): StackAnswer {
  return {
    async send({ ResponseURL, StackId, RequestId, LogicalResourceId }, PhysicalResourceId, failure) {
      const outcome =
        failure === null ? { Status: 'SUCCESS' } : { Status: 'FAILED', Reason: failure.slice(0, LONGEST_REASON) };
      const answer = { ...outcome, StackId, RequestId, LogicalResourceId, PhysicalResourceId };
      // S3 signed the address for a request without a content type.
      const response = await fetch(ResponseURL, {
        method: 'PUT',
        headers: { 'content-type': '' },
        body: JSON.stringify(answer),
      });
      if (!response.ok)
        throw new ServiceUnavailable({ service: 'CloudFormation', operation: 'the answer of a custom resource' });
    },
  };
}
