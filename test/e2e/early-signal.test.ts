import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

/** Loads the program's main part for ever, and says when it begins to. */
const HOOKS = `export const load = (url, context, next) => {
  if (!url.endsWith('/dist/main.js')) return next(url, context);
  process._rawDebug('loading');
  return new Promise((resolve) => setTimeout(resolve, 2 ** 30));
};`;
const module = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(module(HOOKS))});`;

// As process 1 of a container it would not be ended by the system, and go on until it is killed, with its work in hand.
it.for([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('hears %s while it still loads', async ([signal, code]) => {
  const args = ['--import', module(REGISTER), 'dist/cli/orquesta.js', 'serve'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(child.stderr, 'data');
  const ended = once(child, 'exit');
  child.kill(signal);
  expect(await ended).toEqual([code, null]);
});
