import { test } from 'vitest';

// Over real sockets: what app.request() can not show.
test.todo('is being written');
