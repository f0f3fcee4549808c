import { test } from 'vitest';

// What is no good is refused by name, and nothing is written.
test.todo('is being written');
