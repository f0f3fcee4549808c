import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Resource } from '../../../src/resources/meta.ts';
import { getObject } from '../api/calls.ts';
import { messages } from '../i18n/index.ts';
import { mayChange, mayWrite } from '../session/role.ts';
import { sentenceOf } from '../ui/sentence-of.ts';
import { Failure, Skeleton } from '../ui/state.tsx';
import { say } from '../ui/toasts.tsx';
import { Editor } from './editor.tsx';
import { declaredYaml, isDeclaredAlike, statusYaml } from './object-yaml.ts';
import { RehearsalState } from './rehearsal-state.tsx';
import { ChangedMeanwhile, replace } from './replace.ts';
import { useRehearsal } from './use-rehearsal.ts';

interface Draft {
  /** As it was when the editing began. */
  readonly object: Resource;
  readonly original: string;
  readonly text: string;
  readonly status: string;
}

/** One object's YAML, to look at and to change. `newest`: as it is known to stand now, where that is followed. */
export function ObjectEditor(props: {
  readonly plural: string;
  readonly name: string;
  readonly newest?: Resource;
}) {
  const { plural, name, newest } = props;
  const text = messages.value.manifests;
  const draft = useSignal<Draft | undefined>(undefined);
  const error = useSignal<Error | undefined>(undefined);
  const isBusy = useSignal(false);
  const round = useSignal(0);
  const isAllowed = mayWrite(plural);
  // What may not be written need not be rehearsed: it would be refused.
  const rehearsal = useRehearsal(isAllowed ? (draft.value?.text ?? '') : '', round.value);

  const show = async (object: Resource, signal?: AbortSignal) => {
    const [original, status] = await Promise.all([declaredYaml(object), statusYaml(object)]);
    if (!signal?.aborted) draft.value = { object, original, text: original, status };
  };
  const load = async (signal?: AbortSignal) => {
    try {
      await show(await getObject(plural, name, signal), signal);
      error.value = undefined;
    } catch (failure) {
      if (!signal?.aborted) error.value = failure as Error;
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    draft.value = undefined;
    void load(stop.signal);
    return () => stop.abort();
  }, [plural, name]);

  const isDirty = draft.value !== undefined && draft.value.text !== draft.value.original;
  // What nobody has touched just follows.
  useEffect(() => {
    if (!newest || isDirty || !draft.peek()) return;
    const stop = new AbortController();
    void show(newest, stop.signal);
    return () => stop.abort();
  }, [newest, isDirty]);

  if (!draft.value) {
    return error.value ? (
      <Failure title={text.loadFailed} error={error.value} onRetry={() => void load()} />
    ) : (
      <Skeleton lines={10} />
    );
  }
  const { object, original } = draft.value;

  const save = async () => {
    const current = draft.value;
    if (!current || !isDirty || isBusy.value || rehearsal.state !== 'valid') return;
    isBusy.value = true;
    try {
      await show(await replace(plural, current.object, current.text));
      say(`${text.applied}: ${name}`);
      round.value++;
    } catch (failure) {
      say(
        failure instanceof ChangedMeanwhile
          ? text.changedMeanwhile
          : messages.value.instance.actionFailed(sentenceOf(failure)),
        'bad',
      );
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <section class="object-editor">
      {isAllowed ? (
        <div class="toolbar">
          <RehearsalState rehearsal={rehearsal} />
          <button
            type="button"
            class="button"
            disabled={!isDirty}
            onClick={() => {
              draft.value = { ...(draft.value as Draft), text: original };
            }}
          >
            {text.revert}
          </button>
          <button
            type="button"
            class="button button-primary"
            disabled={!isDirty || isBusy.value || rehearsal.state !== 'valid'}
            onClick={() => void save()}
          >
            {isBusy.value ? text.applying : text.apply}
          </button>
        </div>
      ) : (
        <ReadOnlyNotice />
      )}
      {isDirty && newest && !isDeclaredAlike(newest, object) && (
        <p class="notice" role="status">
          {text.changedMeanwhile}{' '}
          <button type="button" class="link" onClick={() => void load()}>
            {text.reload}
          </button>
        </p>
      )}
      <Editor
        label={`${text.editor}: ${name}`}
        text={draft.value.text}
        problems={rehearsal.state === 'invalid' ? rehearsal.problems : []}
        onInput={(next) => {
          draft.value = { ...(draft.value as Draft), text: next };
        }}
        onApply={() => void save()}
        isReadOnly={!isAllowed}
      />
      {isAllowed && <p class="quiet editor-hint">{text.keyboardHint}</p>}
      <details class="card status-yaml">
        <summary>{text.statusTitle}</summary>
        <p class="quiet">{text.statusText}</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so a keyboard must get there */}
        <pre class="code" tabIndex={0} lang="en">
          {draft.value.status}
        </pre>
      </details>
    </section>
  );
}

/** Why nothing can be edited here. */
function ReadOnlyNotice() {
  const text = messages.value.role;
  return (
    <p class="notice" role="status">
      {mayChange.value ? text.classes : `${text.title}. ${text.text}`}
    </p>
  );
}
