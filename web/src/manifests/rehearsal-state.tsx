import { messages } from '../i18n/index.ts';
import type { Rehearsal } from './use-rehearsal.ts';

/** A line that says what applying would come to. */
export function RehearsalState({ rehearsal }: { readonly rehearsal: Rehearsal }) {
  const text = messages.value.manifests;
  return (
    <p class={`rehearsal rehearsal-${rehearsal.state}`} role="status">
      <span class="dot" />
      {wordsOf(rehearsal, text)}
    </p>
  );
}

function wordsOf(rehearsal: Rehearsal, text: typeof messages.value.manifests): string {
  switch (rehearsal.state) {
    case 'empty':
      return text.emptyText;
    case 'checking':
      return text.checking;
    case 'failed':
      return rehearsal.message;
    case 'invalid':
      return text.problems(rehearsal.problems.length);
    case 'valid': {
      const changes = rehearsal.results.map(
        ({ name, result }) => `${name}: ${text.outcome[result]}`,
      );
      const [first = ''] = changes;
      return `${text.valid}. ${first}${changes.length > 1 ? ` (+${changes.length - 1})` : ''}`;
    }
  }
}
