import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { StartupError } from '../../process/startup-error.ts';

const REMEDY =
  'install Java 11 or newer (Debian: apt install openjdk-17-jre-headless; macOS: brew install openjdk; others: https://adoptium.net) or set JAVA_HOME, then run again';

/** The java program to run, from JAVA_HOME or the path; refused when it is missing or older than 11. */
export function findJava(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const home = environment['JAVA_HOME'];
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  return new Promise((resolve, reject) => {
    execFile(java, ['-version'], { timeout: 20_000, env: environment }, (error, stdout, stderr) => {
      if (error !== null) {
        reject(new StartupError(`DynamoDB Local needs Java 11+, and ${java} does not run: ${REMEDY}`));
        return;
      }
      const version = javaMajor(stderr + stdout);
      if (version !== null && version < 11)
        reject(new StartupError(`DynamoDB Local needs Java 11+, and ${java} is Java ${version}: ${REMEDY}`));
      else resolve(java);
    });
  });
}

/** Major version in the output of `java -version`: "1.8.0_392" is 8, "17.0.15" is 17; null when it says none. */
export function javaMajor(output: string): number | null {
  const found = /version "(\d+)(?:\.(\d+))?/.exec(output);
  if (found === null) return null;
  const first = Number(found[1]);
  return first === 1 ? Number(found[2]) : first;
}
