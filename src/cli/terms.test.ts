import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

// What a command prints into a pipe, as of `orquesta export | gzip` or `kubectl exec … orquesta export`.

const BYTES = 4_000_000;

/** A command that prints so much and is done, as the program runs it. */
function aCommand() {
  const terms = new URL('./terms.ts', import.meta.url).href;
  const program = `
    import { answering, complain, print } from ${JSON.stringify(terms)};
    process.exit(await answering('', async () => {
      print('x'.repeat(${BYTES}));
      complain('printed');
      return 0;
    }));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const told = text(child.stderr);
  return { child, ended, told };
}

test('all of it comes, however late somebody reads it', async () => {
  const { child, ended, told } = aCommand();
  await new Promise((resolve) => child.stderr.once('data', resolve));
  expect((await text(child.stdout)).length).toBe(BYTES + 1);
  expect([await ended, await told]).toEqual([0, 'printed\n']);
});

test('it has failed where nobody reads it to its end', async () => {
  const { child, ended, told } = aCommand();
  child.stdout.once('data', () => child.stdout.destroy());
  expect([await ended, await told]).toEqual([1, 'printed\n']);
});
