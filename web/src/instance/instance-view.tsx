import type { Instance } from '../../../src/resources/instance.ts';
import { standingOf } from '../../../src/resources/instance-phase.ts';
import { explain } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { instances } from '../fleet/fleet.ts';
import { durationText, secondsBetween } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { ObjectEditor } from '../manifests/object-editor.tsx';
import { now } from '../now.ts';
import { language } from '../preferences.ts';
import { hrefOf, TABS, type Tab } from '../route.ts';
import { Icon } from '../ui/icons.tsx';
import { PhaseBar } from '../ui/phase-bar.tsx';
import { Banner, Placeholder, Skeleton } from '../ui/state.tsx';
import { Actions } from './actions.tsx';
import { Events } from './events.tsx';
import { Log } from './log.tsx';
import { Overview } from './overview.tsx';
import { Timeline } from './timeline.tsx';

const EXPLAIN_EVERY_MS = 4_000;

export function InstanceView({ number, tab }: { readonly number: string; readonly tab: Tab }) {
  const text = messages.value.instance;
  const known = instances.value;
  const instance = known?.get(`bot-${number}`);
  if (!known) return <Skeleton lines={10} />;
  if (!instance) {
    return (
      <Placeholder icon="search" title={text.notFoundTitle} text={text.notFoundText(number)}>
        <a class="button" href="#/">
          {messages.value.unknown.back}
        </a>
      </Placeholder>
    );
  }
  return (
    <>
      <InstanceHead instance={instance} />
      <Tabs number={number} tab={tab} />
      <InstanceTab instance={instance} tab={tab} />
    </>
  );
}

function InstanceHead({ instance }: { readonly instance: Instance }) {
  const text = messages.value;
  const { phase, progress } = standingOf(instance);
  const { metadata, spec, status } = instance;
  const since = metadata.deletionTimestamp ?? status?.phaseStartedAt;
  return (
    <div class="instance-head">
      <a class="back" href="#/">
        <Icon name="back" />
        {text.instance.back}
      </a>
      <div class="title-row">
        <h1 class="mono">{spec.numberphone}</h1>
        <Actions instance={instance} />
      </div>
      <div class="instance-phase">
        <span class={`phase-name phase-${phase}`}>{text.phases[phase]}</span>
        {since && (
          <span class="phase-time">
            {text.phaseSince(durationText(secondsBetween(since, now.value)))}
          </span>
        )}
        <PhaseBar phase={phase} progress={progress} />
      </div>
      {metadata.deletionTimestamp ? (
        <Banner tone="neutral" title={text.instance.deletingBanner} />
      ) : (
        spec.paused && <Banner tone="warning" title={text.instance.pausedBanner} />
      )}
    </div>
  );
}

function Tabs({ number, tab }: { readonly number: string; readonly tab: Tab }) {
  const text = messages.value.instance;
  return (
    <nav class="tabs" aria-label={text.tabsLabel}>
      {TABS.map((one) => (
        <a
          key={one}
          href={hrefOf({ view: 'instance', number, tab: one })}
          aria-current={one === tab ? 'page' : undefined}
        >
          {text.tabs[one]}
        </a>
      ))}
    </nav>
  );
}

function InstanceTab({ instance, tab }: { readonly instance: Instance; readonly tab: Tab }) {
  const { numberphone } = instance.spec;
  const version = instance.metadata.resourceVersion;
  switch (tab) {
    case 'overview':
    case 'timeline':
      return <Explained instance={instance} tab={tab} />;
    case 'events':
      return <Events name={instance.metadata.name} version={version} />;
    case 'log':
      return <Log number={numberphone} />;
    case 'yaml':
      return <ObjectEditor plural="instances" name={instance.metadata.name} newest={instance} />;
  }
}

/** Both views say what the API explains, which is asked anew whenever the object changes. */
function Explained(props: { readonly instance: Instance; readonly tab: 'overview' | 'timeline' }) {
  const { instance, tab } = props;
  const { numberphone } = instance.spec;
  const explained = useLive(
    (signal) => explain(numberphone, language.value, signal),
    `${numberphone} ${instance.metadata.resourceVersion} ${language.value}`,
    EXPLAIN_EVERY_MS,
  );
  return tab === 'timeline' ? (
    <Timeline explained={explained} />
  ) : (
    <Overview instance={instance} explained={explained} />
  );
}
