import type { PassObserver } from '../controller/deps.ts';
import type { Metrics } from '../metrics.ts';

/** Counts and measures steps; passes are counted where the queue hands them out. */
export const meterSteps = ({ steps, stepDuration }: Metrics): PassObserver => ({
  pass: (_, run) => run(),
  step: async ({ kind }, step, run) => {
    const end = stepDuration.startTimer({ kind, step });
    let result = 'failed';
    try {
      const outcome = await run();
      result = 'done';
      return outcome;
    } finally {
      end();
      steps.inc({ kind, step, result });
    }
  },
});
