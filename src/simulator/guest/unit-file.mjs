// Reads systemd's unit and environment files, as far as services of the simulator need them. Pure.

/**
 * Sections of a unit file as lists of [key, value] in order. A backslash at the end of a line continues it.
 * @param {string} text
 * @returns {Record<string, [string, string][]>}
 */
export function parseUnit(text) {
  /** @type {Record<string, [string, string][]>} */
  const sections = {};
  let entries = [];
  for (const raw of text.replace(/\\\r?\n\s*/g, ' ').split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(line);
    if (header) {
      sections[header[1]] ??= [];
      entries = sections[header[1]];
      continue;
    }
    const equals = line.indexOf('=');
    if (equals > 0) entries.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
  }
  return sections;
}

/**
 * All values of a key; an empty one clears those before it, as in systemd.
 * @param {[string, string][] | undefined} entries
 * @param {string} key
 * @returns {string[]}
 */
export function valuesOf(entries, key) {
  let values = [];
  for (const [name, value] of entries ?? []) {
    if (name === key) values = value === '' ? [] : [...values, value];
  }
  return values;
}

const ESCAPES = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' };

/**
 * Splits a command line or a list of assignments into words: quotes of both kinds, C escapes outside and inside.
 * @param {string} text
 * @returns {string[]}
 */
export function splitWords(text) {
  const words = [];
  let word;
  let quote;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && at + 1 < text.length) {
      at += 1;
      const next = text[at];
      const hex = next === 'x' ? /^[0-9a-fA-F]{2}/.exec(text.slice(at + 1)) : null;
      word =
        (word ?? '') + (hex ? String.fromCharCode(parseInt(hex[0], 16)) : (ESCAPES[next] ?? next));
      if (hex) at += 2;
    } else if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * ExecStart's words with ${NAME} put in place, and a bare $NAME split into words.
 * @param {string} line
 * @param {Record<string, string>} env
 * @returns {string[]}
 */
export function commandWords(line, env) {
  const words = splitWords(line.replace(/^[-@:+!]+/, ''));
  return words.flatMap((word, index) => {
    const bare = /^\$([A-Za-z_]\w*)$/.exec(word);
    if (bare && index > 0) return (env[bare[1]] ?? '').split(/\s+/).filter(Boolean);
    return [
      word.replace(/\$\{([A-Za-z_]\w*)\}/g, (_, name) => env[name] ?? '').replace(/\$\$/g, '$'),
    ];
  });
}

/**
 * systemd's EnvironmentFile: NAME=value lines; quotes of both kinds may span lines. In double quotes a backslash
 * escapes only " \ ` $ and the end of line; outside quotes it escapes whatever follows; in single ones nothing.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function parseEnvironmentFile(text) {
  const env = {};
  let at = 0;
  while (at < text.length) {
    const line = /[^\n]*/y;
    line.lastIndex = at;
    const start = /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*/.exec(line.exec(text)?.[0] ?? '');
    if (!start) {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end + 1;
      continue;
    }
    at += start[0].length;
    let value = '';
    let kept = 0;
    let quote;
    for (; at < text.length; at += 1) {
      const char = text[at];
      if (quote === undefined && char === '\n') break;
      if (char === '\\' && quote !== "'" && at + 1 < text.length) {
        const next = text[at + 1];
        at += 1;
        if (next === '\n') continue;
        if (quote === '"' && !'"\\`$'.includes(next)) value += '\\';
        value += next;
        kept = value.length;
      } else if (quote === undefined ? char === '"' || char === "'" : char === quote) {
        quote = quote === undefined ? char : undefined;
        kept = value.length;
      } else {
        value += char;
        if (quote !== undefined || !/\s/.test(char)) kept = value.length;
      }
    }
    at += 1;
    env[start[1]] = value.slice(0, kept);
  }
  return env;
}

/**
 * "5", "500ms", "2s", "1min" in ms; undefined when it is something else.
 * @param {string | undefined} text
 */
export function parseSeconds(text) {
  const found = /^(\d+(?:\.\d+)?)\s*(ms|s|sec|min|m)?$/.exec(text ?? '');
  if (!found) return undefined;
  const unit = { ms: 1, m: 60_000, min: 60_000 }[found[2]] ?? 1000;
  return Number(found[1]) * unit;
}
