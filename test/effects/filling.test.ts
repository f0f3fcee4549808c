// Every effect of a clean run is struck once in every way: whatever becomes of a request for many, a pool has as many droplets as it should, and each of them once.
import { prove } from './prove.ts';
import { filling } from './scenarios.ts';

// Each has several times the effects of one instance: the whole of it is npm run test:effects.
prove(filling, { sample: 3 });
