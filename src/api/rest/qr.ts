import { Hono } from 'hono';
import { type BotAddress, LINKED } from '../../bot/bot.ts';
import { isConditionTrue } from '../../resources/condition.ts';
import { type Instance, instanceName } from '../../resources/instance.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { operation } from '../openapi/operation.ts';
import { instanceQr } from './instance-operations.ts';
import { viewOf } from './instance-view.ts';
import { messages } from './messages.ts';

/** GET /api/instance/qr/{numberphone}: the code to scan, from the bot itself. */
export function qr({ store, bot }: ApiDeps): Hono {
  const app = new Hono();
  const answer = operation(instanceQr, async (c, { params: { numberphone } }) => {
    const instance = await store.get('Instance', instanceName(numberphone));
    if (!instance) throw new ApiError(404, messages.noInstance(numberphone));
    const klass = await store.get('InstanceClass', instance.spec.className);
    const host = instance.status?.ip;
    const endpoint = instance.status?.endpoint ?? klass?.spec.bot;
    const address = host && endpoint ? { host, ...endpoint } : undefined;
    const png = address && (await bot.qrPng(address, c.req.raw.signal));
    if (!png) throw new ApiError(404, await whyNone(instance, address, c.req.raw.signal));
    return c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' });
  });

  /** The bot knows of a scan before the controller next looks at it. */
  const whyNone = async (
    instance: Instance,
    address: BotAddress | undefined,
    signal: AbortSignal,
  ): Promise<string> => {
    const { numberphone } = instance.spec;
    const { status: phase } = viewOf(instance);
    if (phase === 'failed') return messages.qrOfFailed(numberphone);
    if (phase === 'deleting') return messages.qrOfDeleting;
    const report = address && (await bot.check(address, signal));
    if (report?.healthy) {
      return report.session === LINKED ? messages.linked : messages.qrSoon(report.session);
    }
    if (isConditionTrue(instance.status?.conditions, 'WhatsAppLinked')) return messages.linked;
    return phase === 'completed'
      ? messages.qrOfSilent(numberphone)
      : messages.qrTooEarly(phase, numberphone);
  };

  app.get('/:numberphone', answer);
  return app;
}
