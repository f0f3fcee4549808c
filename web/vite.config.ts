import { defineConfig } from 'vite';

/** Where `npm run dev:web` finds a running program, whose API it uses. */
const PROGRAM = process.env['ORQUESTA_URL'] ?? 'http://127.0.0.1:3000';

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    target: 'es2022',
    // Everything is a file of its own: the content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '^/(api|apis|version|readyz|docs)(/|$|\\?)': {
        target: PROGRAM,
        // A quiet watch has headers and, for minutes, nothing else: the proxy would keep them, once it has set them, until something follows.
        configure: (proxy) => {
          proxy.on('proxyRes', (_answer, _request, response) => {
            setImmediate(() => response.flushHeaders());
          });
        },
      },
    },
  },
});
