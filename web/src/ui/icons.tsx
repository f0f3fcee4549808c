const PATHS = {
  fleet: 'M4 6h16M4 12h16M4 18h10',
  plus: 'M12 5v14M5 12h14',
  manifest: 'M7 3h7l5 5v13H7zM14 3v5h5M10 13h6M10 17h4',
  pools: 'M4 7h16v5H4zM4 12h16v5H4zM7 9.5h.5M7 14.5h.5',
  costs: 'M5 20V10M12 20V4M19 20v-7',
  back: 'M15 5l-7 7 7 7',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  close: 'M6 6l12 12M18 6L6 18',
  restart: 'M20 12a8 8 0 1 1-2.4-5.7M20 3v4.5h-4.5',
  pause: 'M8 5v14M16 5v14',
  resume: 'M7 5l12 7-12 7z',
  delete: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  check: 'M5 12.5l4.5 4.5L19 7',
  settings:
    'M4 8h9M19 8h1M4 16h1M11 16h9M16 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 13.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  signOut: 'M14 4H6v16h8M11 12h10M17 8l4 4-4 4',
  phone: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
} as const;
export type IconName = keyof typeof PATHS;

/** A drawing beside a text that says the same: nothing that a screen reader needs. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);

/** The sign of the program: bars that rise, as its phases do. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="mark-ground" width="32" height="32" rx="8" />
    <rect class="mark-bar" x="7" y="17" width="3.6" height="8" rx="1.8" opacity=".65" />
    <rect class="mark-bar" x="12.4" y="12" width="3.6" height="13" rx="1.8" opacity=".8" />
    <rect class="mark-bar" x="17.8" y="7" width="3.6" height="18" rx="1.8" />
    <circle class="mark-bar" cx="24.6" cy="9" r="1.9" />
  </svg>
);
