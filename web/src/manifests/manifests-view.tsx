import { useSignal } from '@preact/signals';
import { apply, listNames } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { messages } from '../i18n/index.ts';
import { go } from '../route.ts';
import { mayChange } from '../session/role.ts';
import { Placeholder } from '../ui/state.tsx';
import { say } from '../ui/toasts.tsx';
import { Editor } from './editor.tsx';
import { ObjectEditor } from './object-editor.tsx';
import { RehearsalState } from './rehearsal-state.tsx';
import { refusalOf, useRehearsal } from './use-rehearsal.ts';

const PLURALS = ['instanceclasses', 'instancepools', 'instances', 'droplets'] as const;
type Plural = (typeof PLURALS)[number];
const NAMES_EVERY_MS = 15_000;

/** Any object's YAML, or a text of any number of them. */
export function ManifestsView(props: {
  readonly plural?: string | undefined;
  readonly name?: string | undefined;
}) {
  const { plural, name } = props;
  const { manifests: text, role } = messages.value;
  return (
    <>
      <h1>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      <Picker plural={plural} name={name} />
      {plural && name ? (
        <ObjectEditor key={`${plural}/${name}`} plural={plural} name={name} />
      ) : mayChange.value ? (
        <BlankEditor />
      ) : (
        <Placeholder icon="manifest" title={role.title} text={role.text} />
      )}
    </>
  );
}

/** Opens an object that exists: every kind's names, grouped. */
function Picker(props: { readonly plural: string | undefined; readonly name: string | undefined }) {
  const text = messages.value.manifests;
  const names = useLive(
    async (signal) =>
      Promise.all(
        PLURALS.map(async (plural) => ({ plural, names: await listNames(plural, signal) })),
      ),
    'names',
    NAMES_EVERY_MS,
  );
  const chosen = props.plural && props.name ? `${props.plural}/${props.name}` : '';
  const groups: readonly { readonly plural: Plural; readonly names: readonly string[] }[] =
    names.value ?? [];
  return (
    <div class="picker">
      <label for="object">{text.object}</label>
      <select
        id="object"
        class="input"
        value={chosen}
        onChange={(event) => {
          const [plural, name] = event.currentTarget.value.split('/');
          go(plural && name ? { view: 'manifests', plural, name } : { view: 'manifests' });
        }}
      >
        <option value="">{text.blank}</option>
        {chosen && !groups.some((group) => group.names.includes(props.name ?? '')) && (
          <option value={chosen}>{props.name}</option>
        )}
        {groups.map((group) => (
          <optgroup key={group.plural} label={text.kinds[group.plural]}>
            {group.names.map((name) => (
              <option key={name} value={`${group.plural}/${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </div>
  );
}

const EXAMPLE = `apiVersion: orquesta.clientfy.io/v1
kind: Instance
spec:
  numberphone: "573332221111"
  features:
    appointments: false
`;

function BlankEditor() {
  const text = messages.value.manifests;
  const draft = useSignal('');
  const round = useSignal(0);
  const isBusy = useSignal(false);
  const rehearsal = useRehearsal(draft.value, round.value);
  const save = async () => {
    if (isBusy.value || rehearsal.state !== 'valid') return;
    isBusy.value = true;
    try {
      const results = await apply(draft.value, { dryRun: false });
      say(results.map(({ name, result }) => `${name}: ${text.done[result]}`).join(', '));
    } catch (error) {
      const refusal = refusalOf(error);
      const why = refusal.state === 'failed' ? refusal.message : text.changedMeanwhile;
      say(messages.value.instance.actionFailed(why), 'bad');
    } finally {
      isBusy.value = false;
      round.value++;
    }
  };
  return (
    <section class="object-editor">
      <div class="toolbar">
        <RehearsalState rehearsal={rehearsal} />
        <button
          type="button"
          class="button button-primary"
          disabled={isBusy.value || rehearsal.state !== 'valid'}
          onClick={() => void save()}
        >
          {isBusy.value ? text.applying : text.apply}
        </button>
      </div>
      <Editor
        label={text.editor}
        placeholder={EXAMPLE}
        text={draft.value}
        problems={rehearsal.state === 'invalid' ? rehearsal.problems : []}
        onInput={(next) => {
          draft.value = next;
        }}
        onApply={() => void save()}
      />
      <p class="quiet editor-hint">{text.keyboardHint}</p>
    </section>
  );
}
