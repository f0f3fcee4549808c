// Every effect of a clean run is struck once in every way: however a process fails while it repairs or changes one, the instance comes back with one droplet.
import { prove } from './prove.ts';
import { keeping } from './scenarios.ts';

prove(keeping);
