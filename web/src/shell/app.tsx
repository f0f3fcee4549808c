import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useLive } from '../api/use-live.ts';
import { CostsView } from '../costs/costs-view.tsx';
import { CreateView } from '../create/create-view.tsx';
import { followFleet } from '../fleet/fleet.ts';
import { FleetView } from '../fleet/fleet-view.tsx';
import { messages } from '../i18n/index.ts';
import { InstanceView } from '../instance/instance-view.tsx';
import { ManifestsView } from '../manifests/manifests-view.tsx';
import { PoolsView } from '../pools/pools-view.tsx';
import { type Route, route } from '../route.ts';
import { LoginView } from '../session/login-view.tsx';
import { learnRole, role } from '../session/role.ts';
import { apiKey } from '../session/session.ts';
import { Placeholder } from '../ui/state.tsx';
import { Toasts } from '../ui/toasts.tsx';
import { ReconnectBanner } from './connection-state.tsx';
import { Header } from './header.tsx';

export function App() {
  return (
    <>
      {apiKey.value === undefined ? <LoginView /> : <Console key={apiKey.value} />}
      <Toasts />
    </>
  );
}

const ROLE_EVERY_MS = 60_000;

/** What whoever is logged in sees. */
function Console() {
  useEffect(() => {
    const stop = new AbortController();
    void followFleet(stop.signal);
    return () => {
      stop.abort();
      role.value = undefined;
    };
  }, []);
  useLive(learnRole, 'role', ROLE_EVERY_MS);
  const text = messages.value;
  const current = route.value;
  return (
    <>
      <button
        type="button"
        class="skip"
        onClick={() => document.getElementById('content')?.focus()}
      >
        {text.skipToContent}
      </button>
      <Header />
      <ReconnectBanner />
      <Content current={current} />
    </>
  );
}

function Content({ current }: { readonly current: Route }) {
  const main = useRef<HTMLElement>(null);
  const place = current.view === 'instance' ? `instance ${current.number}` : current.view;
  const isFirst = useRef(true);
  // Along with the view, not a frame later: by then it could take the focus from what a fast user has reached.
  useLayoutEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else {
      scrollTo(0, 0);
      // A screen reader goes on reading where the new view begins.
      main.current?.focus({ preventScroll: true });
    }
  }, [place]);
  return (
    <main id="content" class={`content content-${current.view}`} tabIndex={-1} ref={main}>
      <View current={current} />
    </main>
  );
}

function View({ current }: { readonly current: Route }) {
  const text = messages.value;
  switch (current.view) {
    case 'fleet':
      return <FleetView query={current.query} />;
    case 'instance':
      return <InstanceView key={current.number} number={current.number} tab={current.tab} />;
    case 'create':
      return <CreateView />;
    case 'manifests':
      return <ManifestsView plural={current.plural} name={current.name} />;
    case 'pools':
      return <PoolsView />;
    case 'costs':
      return <CostsView />;
    case 'unknown':
      return (
        <Placeholder icon="search" title={text.unknown.title} text={text.unknown.text}>
          <a class="button" href="#/">
            {text.unknown.back}
          </a>
        </Placeholder>
      );
  }
}
