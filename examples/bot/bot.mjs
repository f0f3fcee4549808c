// A bot as small as can be, for trying things out: it does not speak with WhatsApp, but it shows a QR code and
// tells its state as a real one does.
//
//   QR_PORT     (3008)  GET /               the QR code as PNG; 404 when there is none to scan
//   PANEL_PORT  (5432)  GET /api/status     {status, phoneBot, qr?}
//                       POST /simulate/scan as if the customer had scanned it: linked from then on
//                       POST /simulate/logout the link is lost, a new QR code is shown
//
// Settings: P_NUMBER (required), PROVIDER, ENABLE_APPOINTMENTS, ENABLE_AUTO_INVITE, HOST (0.0.0.0). The session
// is kept in STATE_FILE, so that a restart does not ask for a new scan.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const {
  P_NUMBER: number,
  PROVIDER: provider = 'baileys',
  ENABLE_APPOINTMENTS: appointments = 'false',
  ENABLE_AUTO_INVITE: autoInvite = 'false',
  HOST: host = '0.0.0.0',
  QR_PORT: qrPort = '3008',
  PANEL_PORT: panelPort = '5432',
  PORT_MAP: portMap = '{}',
  STATE_FILE: stateFile = '',
} = process.env;

if (!/^\d{7,15}$/.test(number ?? '')) {
  console.error(
    'P_NUMBER must be set to the phone number, 7 to 15 digits. The bot does not start.',
  );
  process.exit(1);
}

/** How long a real bot takes to get its first QR code, made short. */
const CONNECT_MS = 150;
/** WhatsApp changes the code about that often. */
const QR_LIFE_MS = 20_000;

const log = (text) => console.log(`${text}`);
/** 'disconnected', 'connecting', 'show_qr', 'connected' or 'error' */
let status = 'disconnected';
let qr;

function connect() {
  status = 'connecting';
  log(
    `connecting as ${number} by ${provider} (appointments ${appointments}, auto invite ${autoInvite})`,
  );
  setTimeout(() => (isLinked() ? becomeConnected() : showQr()), CONNECT_MS);
}

function showQr() {
  status = 'show_qr';
  const part = () => randomBytes(32).toString('base64');
  qr = `2@${part()},${part()},${part()}`;
  log('a QR code is ready to be scanned');
}

function becomeConnected() {
  status = 'connected';
  qr = undefined;
  log('linked with WhatsApp');
}

const isLinked = () => stateFile !== '' && fs.existsSync(stateFile);

setInterval(() => {
  if (status === 'show_qr') showQr();
}, QR_LIFE_MS);

/** The port that stands for it on this machine, when several bots share one address. */
const realPort = (port) => Number(JSON.parse(portMap)[port] ?? port);

function listen(port, handle) {
  const server = http.createServer((request, response) => {
    request.resume();
    Promise.resolve(handle(request, response)).catch((error) => {
      log(`request failed: ${error.stack}`);
      response.writeHead(500).end();
    });
  });
  server.once('error', (error) => {
    console.error(`The bot cannot listen on ${host}:${realPort(port)}: ${error.message}`);
    process.exit(1);
  });
  server.listen(realPort(port), host, () => log(`listening on ${host}:${realPort(port)}`));
}

function json(response, code, body) {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

listen(qrPort, async (request, response) => {
  if (request.method !== 'GET' || qr === undefined) {
    json(response, 404, { error: 'There is no QR code to scan.', status });
    return;
  }
  // Loaded when first asked for: a hundred bots start on one machine.
  const [{ encode }, { encodePng }] = await Promise.all([import('uqr'), import('./png.mjs')]);
  const modules = encode(qr, { ecc: 'L', border: 4 }).data;
  response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'no-store' });
  response.end(encodePng(modules, 6));
});

listen(panelPort, (request, response) => {
  const call = `${request.method} ${request.url}`;
  if (call === 'GET /api/status') {
    json(response, 200, { status, phoneBot: number, ...(qr === undefined ? {} : { qr }) });
  } else if (call === 'POST /simulate/scan' && status === 'show_qr') {
    if (stateFile !== '') fs.writeFileSync(stateFile, `${number}\n`, { mode: 0o600 });
    becomeConnected();
    json(response, 200, { status });
  } else if (call === 'POST /simulate/logout' && status === 'connected') {
    if (stateFile !== '') fs.rmSync(stateFile, { force: true });
    connect();
    json(response, 200, { status });
  } else if (call === 'POST /simulate/scan' || call === 'POST /simulate/logout') {
    json(response, 409, { error: `That is not possible while the bot is ${status}.` });
  } else {
    json(response, 404, { error: 'No such path.' });
  }
});

process.once('SIGTERM', () => {
  log('stopping');
  process.exit(0);
});

connect();
