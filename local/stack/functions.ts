import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { handlerFiles } from '../../infra/handler-files.ts';
import { codeFile } from '../aws/lambda/code-file.ts';
import type { LocalFunction } from '../aws/lambda/local-function.ts';
import { runtimeEnvironment } from '../aws/lambda/runtime-environment.ts';
import { credentialsOf } from '../iam/principals.ts';
import type { FunctionVersion } from '../aws/lambda/publish-functions.ts';

/** Instead of a function's timeout where it runs from its source: a breakpoint is no timeout. */
const BREAKPOINT_SECONDS = 86_400;

/** How Lambda runs versions of functions: from their bundles or, with `fromSources`, all of them from handlers/ itself. */
export function localFunctions(
  versions: readonly FunctionVersion[],
  redirections: Readonly<Record<string, string>>,
  fromSources: boolean,
): readonly LocalFunction[] {
  const sources = fromSources
    ? handlerFiles(fileURLToPath(new URL('../../handlers', import.meta.url)))
    : new Map<string, string>();
  const latest = new Map(
    versions.filter(({ version }) => version === '$LATEST').map(({ deployed: { arn, bundle } }) => [arn, bundle]),
  );
  return versions.map(({ deployed, version, aliases }) => {
    const { name, arn, bundle, handler, timeoutSeconds, memoryMb, logGroup } = deployed;
    const { file, exported } = codeFile(bundle, handler);
    const source = sources.get(basename(latest.get(arn) ?? bundle));
    return {
      name,
      arn,
      version,
      aliases: [...aliases],
      timeoutSeconds: source === undefined ? timeoutSeconds : BREAKPOINT_SECONDS,
      memoryMb,
      logGroup,
      exported,
      file: source === undefined ? file : pathToFileURL(source).href,
      environment: runtimeEnvironment({ ...deployed, version }, credentialsOf(deployed.roleArn), redirections),
    };
  });
}
