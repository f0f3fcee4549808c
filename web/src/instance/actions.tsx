import { useSignal } from '@preact/signals';
import type { Instance } from '../../../src/resources/instance.ts';
import { remove, restart, setPaused } from '../api/calls.ts';
import { messages } from '../i18n/index.ts';
import { mayChange } from '../session/role.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icons.tsx';
import { sentenceOf } from '../ui/sentence-of.ts';
import { say } from '../ui/toasts.tsx';

/** What can be asked of one instance. */
export function Actions({ instance }: { readonly instance: Instance }) {
  const text = messages.value.instance;
  const { numberphone, paused } = instance.spec;
  const asked = useSignal<'restart' | 'delete' | undefined>(undefined);
  const isBusy = useSignal(false);
  const isDeleting = instance.metadata.deletionTimestamp !== undefined;

  const act = async (work: () => Promise<unknown>, done: string) => {
    isBusy.value = true;
    try {
      await work();
      say(done);
    } catch (error) {
      say(text.actionFailed(sentenceOf(error)), 'bad');
    } finally {
      isBusy.value = false;
      asked.value = undefined;
    }
  };
  const close = () => {
    asked.value = undefined;
  };
  if (!mayChange.value) {
    return (
      <p class="quiet" title={messages.value.role.text}>
        {messages.value.role.title}
      </p>
    );
  }

  return (
    <div class="actions">
      <button
        type="button"
        class="button"
        disabled={isDeleting || isBusy.value}
        onClick={() => {
          asked.value = 'restart';
        }}
      >
        <Icon name="restart" />
        {text.restart}
      </button>
      <button
        type="button"
        class="button"
        disabled={isDeleting || isBusy.value}
        onClick={() =>
          void act(() => setPaused(numberphone, !paused), paused ? text.resumedNow : text.pausedNow)
        }
      >
        <Icon name={paused ? 'resume' : 'pause'} />
        {paused ? text.resume : text.pause}
      </button>
      <button
        type="button"
        class="button button-danger"
        disabled={isDeleting || isBusy.value}
        onClick={() => {
          asked.value = 'delete';
        }}
      >
        <Icon name="delete" />
        {text.delete}
      </button>
      {asked.value === 'restart' && (
        <Dialog title={text.restartTitle(numberphone)} onClose={close}>
          <p>{text.restartText}</p>
          <div class="dialog-buttons">
            <button type="button" class="button" onClick={close}>
              {messages.value.common.cancel}
            </button>
            <button
              type="button"
              class="button button-primary"
              disabled={isBusy.value}
              onClick={() => void act(() => restart(numberphone), text.restarted)}
            >
              {text.restart}
            </button>
          </div>
        </Dialog>
      )}
      {asked.value === 'delete' && (
        <DeleteDialog
          number={numberphone}
          isBusy={isBusy.value}
          onClose={close}
          onConfirm={() => act(() => remove(numberphone), text.deleted)}
        />
      )}
    </div>
  );
}

/** Deleting takes the number, typed: no slip of a finger ends a customer's session. */
function DeleteDialog(props: {
  readonly number: string;
  readonly isBusy: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<void>;
}) {
  const text = messages.value.instance;
  const { number, isBusy } = props;
  const typed = useSignal('');
  const isRight = typed.value.trim() === number;
  return (
    <Dialog title={text.deleteTitle(number)} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight) void props.onConfirm();
        }}
      >
        <p>{text.deleteText}</p>
        <Field label={text.deleteType(number)}>
          {(attributes) => (
            <input
              {...attributes}
              class="input mono"
              inputMode="numeric"
              autocomplete="off"
              value={typed.value}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
              }}
            />
          )}
        </Field>
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={props.onClose}>
            {messages.value.common.cancel}
          </button>
          <button type="submit" class="button button-danger-solid" disabled={!isRight || isBusy}>
            {text.delete}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
