import { test } from 'vitest';

// Server-sent events of an instance.
test.todo('is being written');
