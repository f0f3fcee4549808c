import type { SessionStatus } from '../resources/instance.ts';

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

/** What is known of a bot's session as a look last found it. */
export type KnownSession =
  | {
      readonly is: 'kept';
      readonly about: SavedSession;
      /** Tells the key that it was sealed with from others. */
      readonly keyId: string | undefined;
    }
  /** Somebody asked for that: it is saved again once it differs. */
  | {
      readonly is: 'forgotten';
      /** RFC 3339. */
      readonly at: string;
      readonly dropletId: number;
      readonly fingerprint: string;
    };

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
  /**
   * `known`: before it was read. False: the instance is no more or about to go, or one was saved or forgotten since, and nothing was
   * kept. Throws SealError where there is no key, and StoreError `unavailable`.
   */
  save(
    owner: SessionOwner,
    about: SavedSession,
    archive: Buffer,
    known: KnownSession | undefined,
  ): Promise<boolean>;
  /** The newest, or undefined. Throws SealError when it can't be opened, and StoreError `unavailable`. */
  latest(
    owner: SessionOwner,
  ): Promise<{ readonly about: SavedSession; readonly archive: Buffer } | undefined>;
  /** What is kept, newest first, without opening it. Throws StoreError `unavailable`. */
  list(name: string): Promise<readonly SavedSession[]>;
  /** The newest that is kept, or that it was forgotten; undefined: neither. Reads nothing of what is sealed. Throws StoreError `unavailable`. */
  known(owner: SessionOwner): Promise<KnownSession | undefined>;
  /**
   * Forgets all of them, and keeps in mind, as long as the instance is there, which one was the newest: what its status tells of where
   * nothing is kept. `now`: RFC 3339. Answers how many there were. Throws StoreError `unavailable`.
   */
  forget(name: string, now: string): Promise<number>;
}

/** When one was saved or forgotten last: RFC 3339, "" for never. Pure. */
export function lastAt(known: KnownSession | undefined): string {
  if (!known) return '';
  return known.is === 'kept' ? known.about.savedAt : known.at;
}

/** What the status of an instance tells of it. Pure. */
export function toldOf(known: KnownSession | undefined): Partial<SessionStatus> {
  if (!known) return {};
  return known.is === 'kept' ? { ...known.about, keyId: known.keyId } : { forgottenAt: known.at };
}
