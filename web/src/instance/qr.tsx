import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getCondition } from '../../../src/resources/condition.ts';
import type { Instance } from '../../../src/resources/instance.ts';
import { qrOf } from '../api/calls.ts';
import { ApiFailure } from '../api/http.ts';
import { pause } from '../api/pause.ts';
import { messages } from '../i18n/index.ts';
import { Icon } from '../ui/icons.tsx';

/** A code lives for some twenty seconds; another takes its place by itself. */
const LOOK_EVERY_MS = 3_000;

/** The code to scan while there is one, and what else there is to say of the WhatsApp session. */
export function Qr({ instance }: { readonly instance: Instance }) {
  const text = messages.value.qr;
  const number = instance.spec.numberphone;
  const linked = getCondition(instance.status?.conditions, 'WhatsAppLinked')?.status === 'True';
  const hasBot = instance.status?.ip !== undefined && !instance.metadata.deletionTimestamp;
  const image = useSignal<string | undefined>(undefined);
  const isLoading = useSignal(true);
  const hadCode = useSignal(false);

  useEffect(() => {
    image.value = undefined;
    hadCode.value = false;
    isLoading.value = hasBot && !linked;
    if (!hasBot || linked) return;
    const stop = new AbortController();
    let url: string | undefined;
    const show = (next: string | undefined) => {
      image.value = next;
      if (url) URL.revokeObjectURL(url);
      url = next;
    };
    const follow = async () => {
      while (!stop.signal.aborted) {
        try {
          const png = await (await qrOf(number, stop.signal)).blob();
          if (!stop.signal.aborted) show(URL.createObjectURL(png));
          hadCode.value = true;
        } catch (error) {
          // Unknown is not absent: the last code stays while nobody answers.
          if (error instanceof ApiFailure && error.status === 404) show(undefined);
        }
        isLoading.value = false;
        await pause(LOOK_EVERY_MS, stop.signal);
      }
    };
    void follow();
    return () => {
      stop.abort();
      show(undefined);
    };
  }, [number, linked, hasBot, image, isLoading, hadCode]);

  return (
    <section class="card qr">
      <h2>{text.title}</h2>
      {image.value ? (
        <>
          <div class="qr-frame">
            <img src={image.value} alt={text.alt(number)} width="220" height="220" />
          </div>
          <p>{text.scan}</p>
        </>
      ) : linked ? (
        <div class="qr-none qr-linked">
          <Icon name="check" />
          <p>
            <strong>{text.linked}</strong>
          </p>
          <p class="quiet">{text.linkedText}</p>
        </div>
      ) : (
        <div class="qr-none">
          <Icon name="phone" />
          <p>
            <strong>
              {isLoading.value ? text.loading : hadCode.value ? text.gone : text.notYet}
            </strong>
          </p>
          {!isLoading.value && (
            <p class="quiet">{hadCode.value ? text.goneText : text.notYetText}</p>
          )}
        </div>
      )}
    </section>
  );
}
