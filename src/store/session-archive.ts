/** A bot's WhatsApp session as it was at some time. */
export interface SavedSession {
  /** RFC 3339. */
  readonly savedAt: string;
  /** DigitalOcean's id of the droplet that had it. */
  readonly dropletId: number;
  readonly sizeBytes: number;
  /** Differs when a file of it came, went or changed. */
  readonly fingerprint: string;
}

export interface SessionOwner {
  readonly name: string;
  readonly uid: string;
}

/**
 * The sessions of bots, sealed: the last three of each. Those of an instance are gone once its deletion was answered: the store takes
 * them away.
 */
export interface SessionArchive {
  /** Which key seals what is saved now: what was saved with another has to be saved anew. */
  readonly keyId: string | undefined;
  /** False: the instance is no more, or about to go, and nothing was kept. Throws SealError where there is no key, and StoreError `unavailable`. */
  save(owner: SessionOwner, about: SavedSession, archive: Buffer): Promise<boolean>;
  /** The newest, or undefined. Throws SealError when it can't be opened, and StoreError `unavailable`. */
  latest(
    owner: SessionOwner,
  ): Promise<{ readonly about: SavedSession; readonly archive: Buffer } | undefined>;
  /** What is kept, newest first, without opening it. Throws StoreError `unavailable`. */
  list(name: string): Promise<readonly SavedSession[]>;
  /** Answers how many there were. Throws StoreError `unavailable`. */
  forget(name: string): Promise<number>;
}
