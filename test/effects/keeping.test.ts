// Every effect of a clean run is struck once in every way: however a process fails while it repairs or changes one, the instance comes back with one droplet.
import { prove } from './prove.ts';
import { keeping } from './scenarios.ts';

// An even sample; the whole of it is npm run test:effects.
prove(keeping, { sample: 6 });
