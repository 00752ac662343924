import type { Credentials } from '../../process/credentials.ts';
import { REGION } from '../account.ts';

/** What of a function Lambda's runtime tells it. */
interface Told {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the folder that the bundle lies in. */
  readonly bundle: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly logGroup: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The whole environment of a function: its own variables, and those that Lambda's runtime sets. `redirections` lead the SDK to this
 * machine's services.
 */
export function runtimeEnvironment(
  told: Told,
  credentials: Credentials,
  redirections: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    ...told.environment,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: told.name,
    AWS_LAMBDA_FUNCTION_VERSION: told.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(told.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: told.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Lambda's own Node.js is newer than this machine's may be.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    LAMBDA_TASK_ROOT: told.bundle,
    _HANDLER: told.handler,
    TZ: ':UTC',
    ...redirections,
  };
}
