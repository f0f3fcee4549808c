import { retryNow } from '../api/pause.ts';
import { connection, heardAt } from '../fleet/fleet.ts';
import { clockText } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { now } from '../now.ts';
import { language } from '../preferences.ts';

/** A word in the header: is what you see what is? */
export function ConnectionState() {
  const text = messages.value.connection;
  const { state } = connection.value;
  return (
    <span class={`connection connection-${state}`}>
      <span class="dot" />
      <span class="connection-word">{text[state]}</span>
    </span>
  );
}

/** Says so across the page when it is not, since when, and when it is tried again. */
export function ReconnectBanner() {
  const text = messages.value.connection;
  const current = connection.value;
  const isLost = current.state === 'reconnecting';
  return (
    <div class={`reconnect ${isLost ? 'is-shown' : ''}`} role="status">
      {isLost && (
        <>
          <span aria-live="off">
            {text.reconnectingIn(Math.max(0, Math.ceil((current.retryAt - now.value) / 1000)))}
          </span>
          {heardAt.value > 0 && <span>{text.asOf(clockText(heardAt.value, language.value))}</span>}
          <button type="button" class="button button-small" onClick={retryNow}>
            {text.retry}
          </button>
        </>
      )}
    </div>
  );
}
