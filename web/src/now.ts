import { signal } from '@preact/signals';

/** The present time in ms since the epoch, once a second: for what shows how long something lasts. */
export const now = signal(Date.now());

setInterval(() => {
  // A page that nobody sees needs no clock.
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener('visibilitychange', () => {
  now.value = Date.now();
});
