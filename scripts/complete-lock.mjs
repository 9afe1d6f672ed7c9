/**
 * @file Completes package-lock.json with the optional platform packages that the registry in use did not serve when the lock was made.
 * npm leaves such packages out of the lock and `npm ci` then refuses it as out of step, on every platform. An entry with version, os and
 * cpu but no checksum is enough: npm fetches it only on the platform it names. Run after each `npm install`: `npm run lock`.
 */

import { readFileSync, writeFileSync } from 'node:fs'

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'netbsd', 'openharmony', 'sunos', 'aix', 'win32']
const processors = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32', 'universal']

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
let added = 0

for (const entry of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    if (lock.packages[place]) continue
    const words = name.split(/[-/]/)
    const os = systems.filter((word) => words.includes(word))
    const cpu = processors.filter((word) => words.includes(word))
    if (os.length + cpu.length === 0) continue // not a platform package: npm is right to decide
    lock.packages[place] = {
      version,
      ...(cpu.length ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      ...(words.includes('musl') ? { libc: ['musl'] } : words.includes('gnu') ? { libc: ['glibc'] } : {}),
      optional: true,
      ...(os.length ? { os } : {}),
    }
    added += 1
  }
}

const [root, ...rest] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))])
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added} platform packages added to package-lock.json\n`)
