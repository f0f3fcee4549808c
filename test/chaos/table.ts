import type { ChaosReport } from './run.ts';

const seconds = (ms: number): string =>
  Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'never';
const MAX_LINES = 20;

/** A report for people: the four numbers that must be 0 first. */
export function table(report: ChaosReport, instances: number): string {
  const { disturbances, tally, calls } = report;
  const requests = Object.values(calls)
    .flatMap((counts) => Object.values(counts))
    .reduce((sum, count) => sum + count, 0);
  const worst = (list: readonly number[]): string =>
    list.length === 0 ? 'none was measured' : `${seconds(Math.max(...list))} (of ${list.length})`;
  const rows: readonly (readonly [string, string | number])[] = [
    ['acknowledged writes lost', `${report.lost.length} of ${tally.acknowledged}`],
    ['duplicates at the end', report.duplicates.length],
    ['duplicates ever, by a second create', report.doubled.length],
    ['leaks', report.leaks.length],
    ['unconverged', `${report.unconverged.length} of ${instances}`],
    ['answers that should not have been', tally.wrong.length],
    ['processes that did not stop as told', disturbances.badStops.length],
    ['', ''],
    [
      'settled after the last fault',
      report.settledMs === undefined ? 'not in time' : seconds(report.settledMs),
    ],
    ['given up under faults, restarted by hand', report.helped.length],
    ['worst takeover after a kill -9', worst(disturbances.takeoversMs)],
    ['longest stop after SIGTERM', worst(disturbances.stopsMs)],
    ["longest life of the cloud's own twins", seconds(report.worstTwinMs)],
    ['calls repeated by customers', tally.retries],
    ['droplets made', report.dropletsMade],
    ['API requests', `${requests} (${(requests / instances).toFixed(1)} an instance)`],
    ['busiest minute, busiest hour', `${report.busiestMinute}, ${report.busiestHour}`],
    ...[...disturbances.counts].map(([what, count]) => [what, count] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => (name ? `${name.padEnd(width)}  ${value}` : ''));
  return [...lines, ...details(report)].join('\n');
}

function details(report: ChaosReport): readonly string[] {
  const { tally, disturbances } = report;
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['Lost', report.lost],
    ['Duplicates', report.duplicates],
    [
      'Two at a time',
      report.doubled.map(
        ({ name, ids, ms, isTwin }) =>
          `${name}: droplets ${ids.join(' and ')} for ${seconds(ms)}${isTwin ? ', made by one create' : ''}`,
      ),
    ],
    ['Leaks', report.leaks],
    ['Unconverged', report.unconverged],
    ['Answers that should not have been', tally.wrong],
    ['Did not stop as told', disturbances.badStops],
    ['Restarted by hand', report.helped],
    ['Ended by themselves', report.deaths],
  ];
  return lists.flatMap(([title, list]) =>
    list.length === 0
      ? []
      : ['', `${title}:`, ...list.slice(0, MAX_LINES).map((line) => `  ${line}`)],
  );
}
