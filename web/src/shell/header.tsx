import { useEffect, useRef } from 'preact/hooks';
import { messages } from '../i18n/index.ts';
import { hrefOf, type Route, route } from '../route.ts';
import { mayChange } from '../session/role.ts';
import { end } from '../session/session.ts';
import { Icon, type IconName, Mark } from '../ui/icons.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Preferences } from './preferences-menu.tsx';

const LINKS: readonly {
  readonly to: Exclude<Route, { view: 'unknown' }>;
  readonly icon: IconName;
  readonly text: 'fleet' | 'createShort' | 'pools' | 'manifests' | 'costs';
}[] = [
  { to: { view: 'fleet', query: '' }, icon: 'fleet', text: 'fleet' },
  { to: { view: 'create' }, icon: 'plus', text: 'createShort' },
  { to: { view: 'pools' }, icon: 'pools', text: 'pools' },
  { to: { view: 'manifests' }, icon: 'manifest', text: 'manifests' },
  { to: { view: 'costs' }, icon: 'costs', text: 'costs' },
];

export function Header() {
  const text = messages.value.nav;
  const { view } = route.value;
  return (
    <header class="header">
      <div class="header-inner">
        <a class="brand" href="#/" aria-label={`Orquesta, ${text.fleet}`}>
          <Mark />
          <span>Orquesta</span>
        </a>
        <nav class="nav" aria-label={text.label}>
          {LINKS.filter(({ to }) => to.view !== 'create' || mayChange.value).map(
            ({ to, icon, text: key }) => {
              const isHere = to.view === view || (to.view === 'fleet' && view === 'instance');
              return (
                <a key={key} href={hrefOf(to)} aria-current={isHere ? 'page' : undefined}>
                  <Icon name={icon} />
                  <span>{text[key]}</span>
                </a>
              );
            },
          )}
        </nav>
        <ConnectionState />
        <SettingsMenu />
      </div>
    </header>
  );
}

function SettingsMenu() {
  const text = messages.value.nav;
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const element = menu.current;
      const isOutside = event.target instanceof Node && !element?.contains(event.target);
      if (element?.open && isOutside) element.open = false;
    };
    const onKey = (event: KeyboardEvent) => {
      const element = menu.current;
      if (event.key !== 'Escape' || !element?.open) return;
      element.open = false;
      element.querySelector('summary')?.focus();
    };
    addEventListener('pointerdown', close);
    addEventListener('focusin', close);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('focusin', close);
      removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <details class="menu" ref={menu}>
      <summary class="icon-button" aria-label={text.settings} title={text.settings}>
        <Icon name="settings" />
      </summary>
      <div class="menu-panel">
        <Preferences />
        <a class="button button-quiet button-wide" href="/docs" target="_blank" rel="noreferrer">
          <Icon name="manifest" />
          {text.docs}
        </a>
        <button type="button" class="button button-quiet button-wide" onClick={() => end()}>
          <Icon name="signOut" />
          {text.signOut}
        </button>
      </div>
    </details>
  );
}
