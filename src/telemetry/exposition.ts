import type { Registry } from 'prom-client';
import type { Exposition } from '../api/health.ts';
import { type FleetGaugesDeps, readFleetGauges } from './fleet-gauges.ts';

/** What `/metrics` answers: this process's own counts, and what is true of the whole fleet at this moment. */
export const exposition = (
  registry: Registry,
  fleet: FleetGaugesDeps,
  guard: Exposition['guard'],
): Exposition => ({
  contentType: registry.contentType,
  guard,
  text: async () => {
    await readFleetGauges(fleet);
    return registry.metrics();
  },
});
