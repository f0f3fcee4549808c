import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { inSpanish, SENTENCES } from './in-spanish.ts';
import type { Sentence } from './sentence.ts';

describe('what the controller says, in Spanish', () => {
  test.each([
    ['The bot answers', 'El bot responde'],
    [
      'Droplet 42 is new and has no address yet',
      'El droplet 42 está en estado new y aún no tiene dirección',
    ],
    [
      'The bot failed 3 looks in a row: The bot answered HTTP 500 at /api/status.: restarting its service',
      'El bot falló 3 revisiones seguidas: El bot respondió HTTP 500 en /api/status.: reinicia su servicio',
    ],
    [
      'DigitalOcean was asked to create droplet "bot-573332221111" and answered HTTP 422: "Size is not available in this region". Choose another size or region, or wait; it is tried again slowly.',
      'Se pidió a DigitalOcean crear el droplet "bot-573332221111" y respondió HTTP 422: "Size is not available in this region". Elija otro tamaño u otra región, o espere; se intenta de nuevo, despacio.',
    ],
    [
      'DigitalOcean was not asked to create droplet "bot-573332221111" and 3 more: the connection was refused. Nothing was done; it is tried again. The account may have 25 droplets.',
      'No se pidió a DigitalOcean crear el droplet "bot-573332221111" y 3 más: la conexión fue rechazada. No se hizo nada; se intenta de nuevo. La cuenta admite 25 droplets.',
    ],
    [
      'DigitalOcean was asked to tell of droplet 7, but its host name could not be resolved. So nothing new is known; it is asked again.',
      'Se pidió a DigitalOcean los datos del droplet 7, pero no se pudo resolver su nombre de host. Así que no se sabe nada nuevo; se pregunta de nuevo.',
    ],
    [
      'No SSH session with droplet 7 at 10.0.0.7 within 300 s: Port 22 of 10.0.0.7 does not answer, and 2 replacements did not help. Look at the events and the log, then restart the instance',
      'No hubo sesión SSH con el droplet 7 en 10.0.0.7 en 300 s: El puerto 22 de 10.0.0.7 no responde, y 2 reemplazos no ayudaron. Mire los eventos y el registro, y reinicie la instancia',
    ],
    [
      'systemctl restart bot.service ended with exit code 5: Unit bot.service not found.',
      'systemctl restart bot.service terminó con código 5: «Unit bot.service not found.»',
    ],
  ])('%s', (english, spanish) => {
    expect(inSpanish(english)).toBe(spanish);
  });

  it('is whole, for each sentence alone and in each that has another in it', () => {
    const filled = (text: string, part = '7') =>
      text.replaceAll(/\{\w+\*\}/g, part).replaceAll(/\{\w+\+?\}/g, '7');
    const partsOf = ([english]: Sentence) => [...english.matchAll(/\{(\w+)\*\}/g)];
    const wrong: string[] = [];
    for (const [english, spanish] of SENTENCES.filter((one) => partsOf(one).length === 0)) {
      if (inSpanish(filled(english)) !== filled(spanish)) wrong.push(english);
      for (const around of SENTENCES.filter((one) => partsOf(one).length === 1)) {
        const [part = ''] = partsOf(around)[0]?.slice(1) ?? [];
        const expected = filled(around[1].replace(`{${part}}`, filled(spanish)));
        const told = inSpanish(filled(around[0], filled(english)));
        if (told !== expected) wrong.push(`${around[0]} with ${english}: ${told}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is not made up for words that nobody here wrote', () => {
    expect(inSpanish('Segmentation fault (core dumped)')).toBeUndefined();
  });

  it.each([2_000, 100_000])('keeps nobody busy with %i characters that a machine chose', (size) => {
    const over = (text: string) => text.repeat(Math.ceil(size / text.length)).slice(0, size);
    const texts = [
      'The bot failed 3 looks in a row: ',
      '. No repair now: ',
      'a. No repair now: DigitalOcean was not asked to x: y. z',
      'DigitalOcean was asked to DigitalOcean was not asked to x: y. z, but . No repair now: ',
      ', and 3 replacements did not help. Look at the events and the log, then restart the instance',
      '; trying again, after 1 try. Read its log, mend the class or the instance, and apply or restart it',
      ': The file x is not below y (ORQUESTA_SECRETS_DIR): put it there',
    ].map(over);
    for (const text of [
      ...texts,
      ...texts.map((one) => over(`${one.slice(0, size / 2)} ${texts[3]}`)),
    ]) {
      const once = () => {
        const began = performance.now();
        inSpanish(text);
        return performance.now() - began;
      };
      // Another's work on this machine may have got between.
      expect(Math.min(once(), once(), once()), text.slice(0, 40)).toBeLessThan(60);
    }
  });

  it('has the sentences of every plan, condition, event, login and bot', () => {
    const unknown = SOURCES.flatMap(sentencesOf).filter((sentence) => !inSpanish(sentence));
    expect(unknown.filter((sentence) => !IN_PARTS.some((part) => part.test(sentence)))).toEqual([]);
  });
});

/** Put together from several literals, or for programmers only. */
const IN_PARTS = [
  /^7 7 → 7$/,
  /^No SSH session .* within 7 s\$\{/,
  /^No SSH session within 7 s7$/,
  /^Ya existe una instancia en DigitalOcean para este número$/,
  /^There is no InstanceClass "7": apply one of that name7$/,
  /^DigitalOcean was asked to 7 and answered HTTP 77\. 7$/,
  /^This step was planned without a droplet/,
];

const src = new URL('../../', import.meta.url);
const SOURCES = [
  'controller/instance',
  'controller/instance/steps',
  'controller/droplet',
  'controller/droplet/steps',
  'controller/pool',
  'controller/pool/steps',
  'controller/host-key',
  'controller/session',
]
  .flatMap((folder) => readdirSync(new URL(folder, src)).map((file) => `${folder}/${file}`))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .concat(['brakes', 'outages', 'knock', 'orphans'].map((name) => `controller/${name}.ts`))
  .concat('controller/bootstrap/follow.ts', 'bot/http-bot.ts')
  .concat(
    'ssh/sftp-files.ts',
    'ssh/login.ts',
    'ssh/tcp.ts',
    'ssh/connection.ts',
    'cloud/verdict.ts',
  );

/** The sentences that a file can say, with 7 for each value: literals of several words outside of comments. */
function sentencesOf(path: string): string[] {
  const code = readFileSync(new URL(path, src), 'utf8').replaceAll(
    /\/\*.*?\*\/|^\s*\/\/.*$/gms,
    '',
  );
  const literals = code
    .replaceAll(/\$\{[^{}]*\?[^{}]*:[^{}]*\}/g, '')
    .replaceAll(/\$\{[^{}]*\}/g, '7')
    .matchAll(/'((?:[^'\\\n]|\\.)*)'|"([^"\n]*)"|`([^`]*)`/g);
  return [...literals]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .filter((text) => /^[A-Z7]/.test(text) && text.split(' ').length > 3);
}
