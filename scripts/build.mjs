// Builds the program and its dashboard into dist, from nothing.
import { rmSync } from 'node:fs';
import { buildServer } from './build-server.mjs';
import { buildWeb } from './build-web.mjs';

rmSync('dist', { recursive: true, force: true });
buildServer();
await buildWeb();
