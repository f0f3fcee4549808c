import type { Phase } from '../../../src/resources/phase.ts';
import { messages } from '../i18n/index.ts';

const STEPS = [25, 50, 75, 100] as const;

/** The way in four parts: done, in hand, to come. Colour never stands alone: the phase's name is always beside it. */
export function PhaseBar(props: { readonly phase: Phase; readonly progress: number }) {
  const { phase, progress } = props;
  return (
    <span
      class={`phase-bar phase-${phase}`}
      role="progressbar"
      aria-label={messages.value.phases[phase]}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={progress}
    >
      {STEPS.map((step) => (
        <span
          key={step}
          class={`phase-part ${
            step > progress ? '' : step < progress || phase === 'completed' ? 'is-done' : 'is-now'
          }`}
        />
      ))}
    </span>
  );
}
