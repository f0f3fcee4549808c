import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/fleet.css';
import './styles/instance.css';
import './styles/editor.css';
import './styles/tables.css';
import './styles/pools.css';
import { applyPreferences } from './preferences.ts';
import { followAddress } from './route.ts';
import { App } from './shell/app.tsx';

applyPreferences();
followAddress();
const place = document.getElementById('app');
if (place) render(<App />, place);
