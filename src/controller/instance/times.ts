/** A time of the status in ms since the epoch; 0 for none. */
export const at = (time: string | null | undefined): number => (time ? Date.parse(time) : 0);

export const seconds = (count: number): number => count * 1000;
