import { useSignal } from '@preact/signals';
import { createInstance, listClasses } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { messages } from '../i18n/index.ts';
import { go } from '../route.ts';
import { mayChange } from '../session/role.ts';
import { Checkbox, Field } from '../ui/field.tsx';
import { sentenceOf } from '../ui/sentence-of.ts';
import { Placeholder } from '../ui/state.tsx';
import { say } from '../ui/toasts.tsx';

const PROVIDERS = ['baileys', 'meta'] as const;
const CLASSES_EVERY_MS = 60_000;

export function CreateView() {
  const { nav, role } = messages.value;
  return mayChange.value ? (
    <CreateForm />
  ) : (
    <>
      <h1>{nav.create}</h1>
      <Placeholder icon="plus" title={role.title} text={role.text} />
    </>
  );
}

function CreateForm() {
  const text = messages.value.create;
  const form = useSignal({
    numberphone: '',
    provider: 'baileys' as (typeof PROVIDERS)[number],
    enableAppointments: false,
    enableAutoInvite: false,
    className: 'default',
  });
  const error = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const classes = useLive(listClasses, 'classes', CLASSES_EVERY_MS);
  const names = classes.value?.map(({ metadata }) => metadata.name) ?? ['default'];
  const set = (change: Partial<typeof form.value>) => {
    form.value = { ...form.value, ...change };
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    const digits = form.value.numberphone.replace(/[\s]/g, '').replace(/^\+/, '');
    if (!/^\d{7,15}$/.test(digits)) {
      error.value = text.numberBad;
      document.querySelector<HTMLInputElement>('.create input')?.focus();
      return;
    }
    isBusy.value = true;
    error.value = undefined;
    try {
      const number = await createInstance({ ...form.value, numberphone: digits });
      say(text.created(number));
      go({ view: 'instance', number, tab: 'overview' });
    } catch (failure) {
      error.value = sentenceOf(failure);
    } finally {
      isBusy.value = false;
    }
  };

  const { numberphone, provider, enableAppointments, enableAutoInvite, className } = form.value;
  return (
    <div class="narrow">
      <h1>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      <form class="card create" onSubmit={(event) => void submit(event)} noValidate>
        <Field label={text.number} hint={text.numberHint} error={error.value}>
          {(attributes) => (
            <input
              {...attributes}
              class="input input-large mono"
              type="tel"
              inputMode="tel"
              autocomplete="off"
              placeholder="573332221111"
              required
              value={numberphone}
              onInput={(event) => set({ numberphone: event.currentTarget.value })}
            />
          )}
        </Field>
        <fieldset class="choices">
          <legend>{text.provider}</legend>
          {PROVIDERS.map((one) => (
            <label key={one} class="choice">
              <input
                type="radio"
                name="provider"
                value={one}
                checked={provider === one}
                onChange={() => set({ provider: one })}
              />
              <span>{text.providers[one]}</span>
            </label>
          ))}
        </fieldset>
        <fieldset class="choices choices-column">
          <legend>{text.features}</legend>
          <Checkbox
            label={text.appointments}
            hint={text.appointmentsHint}
            checked={enableAppointments}
            onChange={(checked) => set({ enableAppointments: checked })}
          />
          <Checkbox
            label={text.autoInvite}
            hint={text.autoInviteHint}
            checked={enableAutoInvite}
            onChange={(checked) => set({ enableAutoInvite: checked })}
          />
        </fieldset>
        <Field
          label={text.class}
          hint={classes.error && !classes.value ? text.classesFailed : text.classHint}
        >
          {(attributes) => (
            <select
              {...attributes}
              class="input"
              value={className}
              onChange={(event) => set({ className: event.currentTarget.value })}
            >
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div class="form-buttons">
          <a class="button" href="#/">
            {messages.value.common.cancel}
          </a>
          <button type="submit" class="button button-primary" disabled={isBusy.value}>
            {isBusy.value ? text.submitting : text.submit}
          </button>
        </div>
      </form>
    </div>
  );
}
