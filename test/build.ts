import { buildServer } from '../scripts/build-server.mjs';
import { buildWeb } from '../scripts/build-web.mjs';

/** What is tested is what is shipped: the compiled program and its dashboard. */
export default async function build(): Promise<void> {
  buildServer();
  await buildWeb();
}
