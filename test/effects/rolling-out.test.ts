// Every effect of a clean run is struck once in every way: however a process fails while a class goes through its fleet, one bot at a time is taken away, and an edit that fails takes no second.
import { prove } from './prove.ts';
import { rollingOut } from './scenarios.ts';

// Several instances have several times the effects of one: the whole of it is npm run test:effects.
prove(rollingOut, { sample: 6 });
