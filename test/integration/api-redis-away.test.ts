import { test } from 'vitest';

// What the API answers while Redis is away.
test.todo('is being written');
