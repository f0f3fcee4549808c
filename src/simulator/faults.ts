import { z } from 'zod';
import type { Random } from '../clock.ts';

const ms = z.int().min(0).max(86_400_000);

/** What may go wrong with one call. */
const callFault = z.discriminatedUnion('kind', [
  /** The work is done, the connection breaks before the answer. */
  z.strictObject({ kind: z.literal('lose-response') }),
  /** The connection breaks before anything is done. */
  z.strictObject({ kind: z.literal('reset') }),
  /** A 5xx; `html`: a proxy's page instead of JSON; `committed`: the work was done all the same. */
  z.strictObject({
    kind: z.literal('error'),
    status: z.int().min(500).max(599).default(503),
    html: z.boolean().default(false),
    committed: z.boolean().default(false),
  }),
  /** `before`: the work itself is late (so that it may happen after the client gave up); `after`: only the answer. */
  z.strictObject({
    kind: z.literal('delay'),
    ms,
    when: z.enum(['before', 'after']).default('after'),
  }),
  /** 429; without `retryAfterSeconds` the answer has no retry-after, only ratelimit-reset in `resetSeconds`. */
  z.strictObject({
    kind: z.literal('rate-limited'),
    retryAfterSeconds: z.int().min(0).optional(),
    resetSeconds: z.int().min(0).default(60),
  }),
  z.strictObject({ kind: z.literal('unauthorized') }),
  /** 422: over the account's droplet limit. */
  z.strictObject({ kind: z.literal('quota') }),
  /** 422: size not available in this region. */
  z.strictObject({ kind: z.literal('unavailable') }),
  /** 422: please try again. */
  z.strictObject({ kind: z.literal('try-again') }),
  /** 422: Droplet already has a pending event. */
  z.strictObject({ kind: z.literal('pending-event') }),
  /** 204 to a delete that then doesn't happen. */
  z.strictObject({ kind: z.literal('delete-ignored') }),
  /** 204 to a delete that takes this long. */
  z.strictObject({ kind: z.literal('delete-slow'), ms }),
  /** A page of a list lacks one droplet, as when others come and go between the pages. */
  z.strictObject({ kind: z.literal('page-miss') }),
  /** A create of several names makes only the first. */
  z.strictObject({ kind: z.literal('partial-create') }),
]);

/** What may be wrong with a droplet from its birth: these match calls that create. */
const birthFault = z.discriminatedUnion('kind', [
  /** 202, then GET answers 404 for a while and no list has it. */
  z.strictObject({ kind: z.literal('hidden'), ms }),
  /** 202, then it disappears: placement failed. */
  z.strictObject({ kind: z.literal('vanish'), afterMs: ms.default(0) }),
  z.strictObject({ kind: z.literal('never-active') }),
  z.strictObject({ kind: z.literal('slow-boot'), ms }),
  /** The address can be read only this long after `active`. */
  z.strictObject({ kind: z.literal('address-late'), ms }),
  z.strictObject({ kind: z.literal('tags-late'), ms }),
  z.strictObject({ kind: z.literal('tags-never') }),
  /** Lists (the name filter too) don't have it at first; GET by id does. */
  z.strictObject({ kind: z.literal('list-lag'), ms }),
  /** A second droplet of the same name and tags comes to be, unasked. */
  z.strictObject({ kind: z.literal('twin') }),
  /** Under an administrative lock: no action and no delete is taken. */
  z.strictObject({ kind: z.literal('locked') }),
  z.strictObject({ kind: z.literal('power-off'), afterMs: ms }),
  /** SSH: port closed, or open without a word; for ever, or so long after the boot. */
  z.strictObject({
    kind: z.literal('refuse-ssh'),
    mode: z.enum(['refuse', 'hang']).default('refuse'),
    forMs: ms.optional(),
  }),
  /** The first `times` calls of systemctl on the machine fail, and with them whatever script calls it. */
  z.strictObject({ kind: z.literal('break-bootstrap'), times: z.int().min(1).default(1) }),
  /** The bot's process is killed this long after the boot. */
  z.strictObject({ kind: z.literal('kill-bot'), afterMs: ms }),
]);

export type CallFault = z.infer<typeof callFault>;
export type BirthFault = z.infer<typeof birthFault>;
export type Fault = CallFault | BirthFault;

/** Where a fault has a meaning at all: what it strikes when its rule names no operations. */
const NATURAL_TARGETS: { readonly [Kind in Fault['kind']]?: readonly string[] } = {
  quota: ['createDroplet'],
  unavailable: ['createDroplet'],
  'partial-create': ['createDroplet'],
  'delete-ignored': ['deleteDroplet'],
  'delete-slow': ['deleteDroplet'],
  'pending-event': ['deleteDroplet', 'actOnDroplet'],
  'page-miss': ['listDroplets'],
};

const BIRTH_KINDS: ReadonlySet<string> = new Set(
  birthFault.options.map((option) => option.shape.kind.value),
);
export const isBirthFault = (fault: Fault): fault is BirthFault => BIRTH_KINDS.has(fault.kind);

/** One fault and when it strikes: on which calls, how often, how likely. */
export const faultRule = z.strictObject({
  fault: z.discriminatedUnion('kind', [...callFault.options, ...birthFault.options]),
  on: z
    .strictObject({
      /** Operations by name (see `operations.ts`); absent: every call for which the fault has a meaning. */
      operations: z.array(z.string()).optional(),
      /** Exact droplet name, or a prefix ending in "*". */
      name: z.string().optional(),
      dropletId: z.int().optional(),
    })
    .prefault({}),
  /** Probability of striking when it matches. */
  rate: z.number().min(0).max(1).default(1),
  /** Matching calls that it lets pass first. */
  skip: z.int().min(0).default(0),
  /** How often it strikes at most; absent: for ever. */
  times: z.int().min(0).optional(),
});
export type FaultRule = z.input<typeof faultRule>;
export type ParsedFaultRule = z.infer<typeof faultRule>;

export interface FaultTarget {
  readonly operation: string;
  readonly creates: boolean;
  readonly names: readonly string[];
  readonly dropletId: number | undefined;
}

/** The faults that are switched on, and how often each has struck. */
export class Faults {
  readonly #random: Random;
  #rules: { rule: ParsedFaultRule; seen: number; hits: number }[] = [];

  constructor(random: Random, rules: readonly FaultRule[] = []) {
    this.#random = random;
    this.set(rules);
  }

  /** Replaces all rules. Throws ZodError when one is not valid, and changes nothing then. */
  set(rules: readonly FaultRule[]): void {
    const parsed = z.array(faultRule).parse(rules);
    this.#rules = parsed.map((rule) => ({ rule, seen: 0, hits: 0 }));
  }

  list(): readonly (ParsedFaultRule & { readonly hits: number })[] {
    return this.#rules.map(({ rule, hits }) => ({ ...rule, hits }));
  }

  /** Every fault that strikes this call, in the order of the rules. */
  strike(target: FaultTarget): readonly Fault[] {
    const struck: Fault[] = [];
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (!matches(rule, target)) continue;
      if (rule.times !== undefined && entry.hits >= rule.times) continue;
      entry.seen += 1;
      if (entry.seen <= rule.skip) continue;
      if (rule.rate < 1 && this.#random() >= rule.rate) continue;
      entry.hits += 1;
      struck.push(rule.fault);
    }
    return struck;
  }
}

function matches(rule: ParsedFaultRule, target: FaultTarget): boolean {
  const { operations = NATURAL_TARGETS[rule.fault.kind], name, dropletId } = rule.on;
  if (isBirthFault(rule.fault) && !target.creates) return false;
  if (operations !== undefined && !operations.includes(target.operation)) return false;
  if (dropletId !== undefined && dropletId !== target.dropletId) return false;
  if (name === undefined) return true;
  return target.names.some((each) =>
    name.endsWith('*') ? each.startsWith(name.slice(0, -1)) : each === name,
  );
}
