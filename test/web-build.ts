import { buildWeb } from '../scripts/build-web.mjs';

/** The dashboard as it is to be tested. */
export default buildWeb;
