const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Up and down go from row to row, as in any list. */
export function moveAmongRows(
  event: KeyboardEvent & { readonly currentTarget: HTMLElement },
): void {
  const step = STEPS[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a.row-link')];
  const here = links.indexOf(document.activeElement as HTMLElement);
  const next = links[here + step];
  if (here === -1 || !next) return;
  event.preventDefault();
  next.focus();
}
