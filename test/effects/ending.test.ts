// Every effect of a clean run is struck once in every way: however a process fails while it deletes one, nothing is left, and nothing of a successor goes.
import { prove } from './prove.ts';
import { ending } from './scenarios.ts';

// An even sample; the whole of it is npm run test:effects.
prove(ending, { sample: 6 });
