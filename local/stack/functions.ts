import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { handlerFiles } from '../../infra/handler-files.ts';
import { codeFile } from '../aws/lambda/code-file.ts';
import type { LocalFunction } from '../aws/lambda/local-function.ts';
import { runtimeEnvironment } from '../aws/lambda/runtime-environment.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import type { DeployedFunction } from '../template/deployment.ts';

/** How Lambda runs the functions of a deployment: from their bundles or, with `fromSources`, from handlers/ itself. */
export function localFunctions(
  functions: readonly DeployedFunction[],
  redirections: Readonly<Record<string, string>>,
  fromSources: boolean,
): readonly LocalFunction[] {
  const sources = fromSources ? handlerFiles(fileURLToPath(new URL('../../handlers', import.meta.url))) : new Map();
  return functions.map((deployed) => {
    const { name, arn, bundle, handler, timeoutSeconds, memoryMb, logGroup } = deployed;
    const { file, exported } = codeFile(bundle, handler);
    const source: string | undefined = sources.get(basename(bundle));
    return {
      name,
      arn,
      timeoutSeconds,
      memoryMb,
      logGroup,
      exported,
      file: source === undefined ? file : pathToFileURL(join(source)).href,
      environment: runtimeEnvironment(deployed, CREDENTIALS, redirections),
    };
  });
}
