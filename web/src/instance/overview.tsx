import { isConditionTrue } from '../../../src/resources/condition.ts';
import type { Instance } from '../../../src/resources/instance.ts';
import type { Explanation } from '../api/calls.ts';
import type { Live } from '../api/use-live.ts';
import { clockText, dateText, durationText, secondsBetween } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { now } from '../now.ts';
import { language } from '../preferences.ts';
import { sentenceOf } from '../ui/sentence-of.ts';
import { Skeleton } from '../ui/state.tsx';
import { toldLang, toldText } from '../ui/told.tsx';
import { adviceOf } from './advice.ts';
import { Conditions } from './conditions.tsx';
import { Qr } from './qr.tsx';

export function Overview(props: {
  readonly instance: Instance;
  readonly explained: Live<Explanation>;
}) {
  const { instance, explained } = props;
  return (
    <div class="overview">
      <div class="overview-main">
        <section class="card explain" aria-live="polite">
          {explained.value ? (
            <Answer explanation={explained.value} number={instance.spec.numberphone} />
          ) : explained.error ? (
            <Unexplained
              message={instance.status?.message}
              error={explained.error}
              onRetry={explained.reload}
            />
          ) : (
            <Skeleton lines={4} />
          )}
        </section>
        <Conditions conditions={instance.status?.conditions ?? []} />
      </div>
      <div class="overview-side">
        <Qr instance={instance} />
        <Facts instance={instance} />
      </div>
    </div>
  );
}

/** Without an explanation the controller's own sentence is still there. */
function Unexplained(props: {
  readonly message: string | undefined;
  readonly error: Error;
  readonly onRetry: () => void;
}) {
  return (
    <>
      {props.message && (
        <h2 class="explain-doing" lang={toldLang(props.message)}>
          {toldText(props.message)}
        </h2>
      )}
      <div class="unexplained" role="status">
        <p class="quiet">
          {messages.value.instance.explainFailed} {sentenceOf(props.error)}
        </p>
        <button type="button" class="button button-small" onClick={props.onRetry}>
          {messages.value.common.retry}
        </button>
      </div>
    </>
  );
}

/** What it is doing, what it waits for, what was tried, and what one can do, in the API's own sentences. */
function Answer(props: { readonly explanation: Explanation; readonly number: string }) {
  const { explanation, number } = props;
  const text = messages.value.instance;
  const { doing, waitingFor, until, tried, brake, canDo, detail, eta } = explanation;
  return (
    <>
      <h2 class="explain-doing">{doing}</h2>
      <dl class="explain-list">
        {waitingFor && (
          <>
            <dt>{text.waitingFor}</dt>
            <dd>{waitingFor}</dd>
          </>
        )}
        {until && (
          <>
            <dt>{text.until}</dt>
            <dd>{clockText(until, language.value)}</dd>
          </>
        )}
        {eta && (
          <>
            <dt>{text.eta}</dt>
            <dd>
              {text.etaText(durationText(eta.p50Seconds), durationText(eta.p95Seconds))}
              <span class="explain-basis">{eta.basis}</span>
            </dd>
          </>
        )}
        {brake && (
          <>
            <dt>{text.brake}</dt>
            <dd>{brake}</dd>
          </>
        )}
        {tried.length > 0 && (
          <>
            <dt>{text.tried}</dt>
            <dd>
              <Sentences of={tried} />
            </dd>
          </>
        )}
        {canDo.length > 0 && (
          <>
            <dt>{text.canDo}</dt>
            <dd>
              <ul class="sentences">
                {canDo
                  .map((sentence) => adviceOf(sentence, number))
                  .map(({ text: advice, href }) => (
                    <li key={advice}>{href ? <a href={href}>{advice}</a> : advice}</li>
                  ))}
              </ul>
            </dd>
          </>
        )}
        {detail && detail !== doing && (
          <>
            <dt>{text.detail}</dt>
            <dd lang={toldLang(detail)} class="quiet">
              {toldText(detail)}
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

const Sentences = ({ of }: { readonly of: readonly string[] }) => (
  <ul class="sentences">
    {of.map((sentence) => (
      <li key={sentence}>{sentence}</li>
    ))}
  </ul>
);

function Facts({ instance }: { readonly instance: Instance }) {
  const text = messages.value.instance;
  const { metadata, spec, status } = instance;
  const features = [
    spec.features.appointments && text.features.appointments,
    spec.features.autoInvite && text.features.autoInvite,
  ].filter((one): one is string => typeof one === 'string');
  // Of a bot that is well the time is noted every few minutes only: it would look as if nobody had looked since.
  const isWell = isConditionTrue(status?.conditions, 'BotHealthy');
  const lastHealthy = isWell ? undefined : status?.bot?.lastHealthyAt;
  const labels = Object.entries(metadata.labels ?? {});
  return (
    <section class="card">
      <h2>{text.facts}</h2>
      <dl class="facts">
        <dt>{text.fact.droplet}</dt>
        <dd class="mono">
          {status?.dropletId ?? '–'} {status?.dropletState && `(${status.dropletState})`}
        </dd>
        <dt>{text.fact.address}</dt>
        <dd class="mono">{status?.ip ?? '–'}</dd>
        <dt>{text.fact.class}</dt>
        <dd>
          <a href={`#/manifests/instanceclasses/${encodeURIComponent(spec.className)}`}>
            {spec.className}
          </a>
        </dd>
        <dt>{text.fact.provider}</dt>
        <dd>{spec.provider}</dd>
        <dt>{text.fact.features}</dt>
        <dd>{features.join(', ') || text.features.none}</dd>
        {labels.length > 0 && (
          <>
            <dt>{text.fact.labels}</dt>
            <dd>
              {labels.map(([key, value]) => (
                <span class="tag mono" key={key}>
                  {key}={value}
                </span>
              ))}
            </dd>
          </>
        )}
        <dt>{text.fact.created}</dt>
        <dd>{dateText(metadata.creationTimestamp, language.value)}</dd>
        <dt>{text.fact.restarts}</dt>
        <dd>{status?.restarts ?? 0}</dd>
        {lastHealthy && (
          <>
            <dt>{text.fact.lastHealthy}</dt>
            <dd>
              {messages.value.common.ago(durationText(secondsBetween(lastHealthy, now.value)))}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
