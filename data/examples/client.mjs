// SPDX-License-Identifier: Apache-2.0
//
// What an editor's extension would do: list the profiles, start a sandbox, follow it, stop it.
// node client.mjs PROFILE SCRIPT      needs a session bus and the package dbus-next
//
// The sandbox belongs to this connection: when the editor ends, so does the sandbox.

import dbus from 'dbus-next';

const { Variant } = dbus;
const SERVICE = 'org.inner.Sandbox';

async function listProfiles(sandbox, directory) {
  const profiles = await sandbox.ListProfiles({ directory: new Variant('s', directory) });
  for (const { name, description } of profiles) {
    console.log(`profile ${name.value}: ${description.value}`);
  }
}

async function start(sandbox, profile, script, directory) {
  const path = await sandbox.Start(profile, {
    directory: new Variant('s', directory),
    arguments: new Variant('as', [script]),
  });
  console.log(`started ${path}`);
  return path;
}

/** Gives a promise of what the signal Exited tells. */
function ending(instance) {
  return new Promise((resolve) => instance.once('Exited', resolve));
}

async function main([profile, script]) {
  const bus = dbus.sessionBus();
  try {
    const service = await bus.getProxyObject(SERVICE, '/org/inner/Sandbox');
    const sandbox = service.getInterface(SERVICE);

    await listProfiles(sandbox, process.cwd());
    const path = await start(sandbox, profile, script, process.cwd());
    const object = await bus.getProxyObject(SERVICE, path);
    const instance = object.getInterface(`${SERVICE}.Instance`);
    const ended = ending(instance);

    // An extension would do this when the person presses “Stop”.
    setTimeout(() => instance.Stop({ grace: new Variant('t', 2n) }), 1000);
    const result = await ended;
    console.log(`ended: ${result.reason.value}, exit code ${result['exit-code'].value}`);
  } finally {
    bus.disconnect();
  }
}

if (process.argv.length !== 4) {
  console.error('usage: node client.mjs PROFILE SCRIPT');
  process.exit(2);
}
main(process.argv.slice(2)).catch((error) => {
  console.error(`client.mjs: ${error.text ?? error.message} (${error.type ?? 'no D-Bus error'})`);
  process.exit(1);
});
