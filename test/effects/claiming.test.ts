// Every effect of a clean run is struck once in every way: however a process fails while it fills a pool or claims from it, no droplet goes to two, and no number gets two.
import { prove } from './prove.ts';
import { claiming } from './scenarios.ts';

// Each has several times the effects of one instance: the whole of it is npm run test:effects.
prove(claiming, { sample: 4 });
