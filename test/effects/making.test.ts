// Every effect of a clean run is struck once in every way: however a process fails while it makes one, a number gets one droplet, and its bot.
import { prove } from './prove.ts';
import { making } from './scenarios.ts';

// An even sample; the whole of it is npm run test:effects.
prove(making, { sample: 6 });
