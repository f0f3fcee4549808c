// A client in a thread of its own, which makes little garbage: neither what the simulator and the bots of the bench do in theirs, nor its
// own collections may count as waiting for an answer. `fetch` had pauses of 20 ms, and its p99 was that of its own collector.
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const { urls, perSecond, headers } = workerData;
const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: 'fifo' });
const took = new Float64Array(urls.length);
let answered = 0;

function call(at) {
  const since = performance.now();
  get(urls[at], { agent, headers }, (response) => {
    if (response.statusCode !== 200) throw new Error(`A call was answered ${response.statusCode}.`);
    response.resume().once('end', () => {
      took[at] = performance.now() - since;
      answered += 1;
      if (answered === urls.length) end();
    });
  });
}

function end() {
  agent.destroy();
  parentPort.postMessage(took);
}

// Sent by the clock, whether or not earlier ones were answered.
const began = performance.now();
let sent = 0;
const ticks = setInterval(() => {
  const due = Math.min(((performance.now() - began) / 1000) * perSecond, urls.length);
  while (sent < due) call(sent++);
  if (sent === urls.length) clearInterval(ticks);
}, 1);
