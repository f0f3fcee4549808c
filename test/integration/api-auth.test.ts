import { test } from 'vitest';

// Keys, paths, methods and headers.
test.todo('is being written');
