#!/bin/sh
# Proves that Valkey does what Redis does: what is kept in it, the queue, and each kind of set-up with its failovers. npm run test:valkey
# They are the tests of Redis, with Valkey's programs in its place. Where there are none they are passed over, with the reason.
set -eu
cd "$(dirname "$0")/../.."
./scripts/setup-valkey.sh
if [ ! -x .valkey/bin/redis-server ]; then
  echo 'The tests over Valkey are skipped: there is no Valkey here, see above.' >&2
  exit 0
fi
PATH="$PWD/.valkey/bin:$PATH"
export PATH
redis-server --version | grep -i valkey
npx vitest run --project redis test/contract test/integration/store test/integration/queue test/integration/watch-cache
exec npx vitest run --config test/slow/vitest.config.ts test/e2e/redis-setups test/integration/redis-sentinel test/e2e/lost-redis
