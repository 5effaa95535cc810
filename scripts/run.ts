/** Running a tool of this project as a child process. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

export interface Finished {
  /** Exit code; 128 and more when a signal ended it, 127 when it could not be started. */
  readonly code: number;
  /** Empty when the output went to the terminal. */
  readonly output: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** `terminal` shows the output as it comes, `hold` collects it. */
  readonly output: 'terminal' | 'hold';
}

/** Runs a program of `node_modules/.bin` (or of the PATH) in the project's folder, without standard input. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const started = performance.now();
  const stdio = options.output === 'terminal' ? 'inherit' : 'pipe';
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: PROJECT,
      stdio: ['ignore', stdio, stdio],
      env: {
        ...process.env,
        PATH: `${PROJECT}node_modules/.bin:${process.env.PATH ?? ''}`,
        ...(stdio === 'pipe' && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
        ...options.env,
      },
    });
    let output = '';
    const collect = (data: Buffer): void => void (output += data.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    const end = (code: number): void =>
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    child.on('error', (error) => {
      output += `${program} could not be started: ${error.message}\n`;
      if (options.output === 'terminal') process.stderr.write(output);
      end(127);
    });
    child.on('close', (code) => end(code ?? 128));
  });
}
