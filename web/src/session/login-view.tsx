import { useSignal } from '@preact/signals';
import { tryKey } from '../api/calls.ts';
import { ApiFailure } from '../api/http.ts';
import { messages } from '../i18n/index.ts';
import { Preferences } from '../shell/preferences-menu.tsx';
import { Checkbox, Field } from '../ui/field.tsx';
import { Mark } from '../ui/icons.tsx';
import { begin, endedBecause } from './session.ts';

/** What an HTTP header may carry: printable ASCII. */
const SENDABLE = /^[\x21-\x7e]+$/;

type Refusal = 'refused' | 'throttled' | 'unreachable';

function refusalOf(error: unknown): Refusal {
  const status = error instanceof ApiFailure ? error.status : 0;
  return status === 401 ? 'refused' : status === 429 ? 'throttled' : 'unreachable';
}

export function LoginView() {
  const text = messages.value.login;
  const key = useSignal('');
  const isShown = useSignal(false);
  const keepInTab = useSignal(true);
  const isBusy = useSignal(false);
  const error = useSignal<'empty' | 'notAscii' | Refusal | undefined>(undefined);

  const submit = async (event: Event) => {
    event.preventDefault();
    const given = key.value.trim();
    if (given === '') error.value = 'empty';
    else if (!SENDABLE.test(given)) error.value = 'notAscii';
    else {
      isBusy.value = true;
      error.value = undefined;
      try {
        await tryKey(given);
        begin(given, { keepInTab: keepInTab.value });
      } catch (failure) {
        error.value = refusalOf(failure);
      } finally {
        isBusy.value = false;
      }
    }
  };

  return (
    <main class="login">
      <form class="card login-card" onSubmit={(event) => void submit(event)} noValidate>
        <div class="login-brand">
          <Mark />
          <span>Orquesta</span>
        </div>
        <h1>{text.title}</h1>
        <p class="lead">{text.lead}</p>
        {endedBecause.value && (
          <p class="notice" role="status">
            {text.ended}
          </p>
        )}
        <Field
          label={text.key}
          hint={text.keyHint}
          error={error.value === undefined ? undefined : text[error.value]}
        >
          {(attributes) => (
            <div class="input-group">
              <input
                {...attributes}
                class="input mono"
                {...(isShown.value ? { type: 'text' } : { type: 'password' })}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                required
                value={key.value}
                onInput={(event) => {
                  key.value = event.currentTarget.value;
                }}
              />
              <button
                type="button"
                class="button button-quiet"
                aria-pressed={isShown.value}
                onClick={() => {
                  isShown.value = !isShown.value;
                }}
              >
                {isShown.value ? text.hide : text.show}
              </button>
            </div>
          )}
        </Field>
        <Checkbox
          label={text.keep}
          checked={keepInTab.value}
          onChange={(checked) => {
            keepInTab.value = checked;
          }}
        />
        <button type="submit" class="button button-primary button-wide" disabled={isBusy.value}>
          {isBusy.value ? text.checking : text.submit}
        </button>
      </form>
      <div class="login-preferences">
        <Preferences />
      </div>
    </main>
  );
}
