/**
 * @file A dashboard that runs what is handed over, by the Python of this machine and without Ray: the real programs of the folder `cluster`, the real
 * package, the real log. What `--ray` asks for is left out.
 */

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import type { FakeJob, RayDashboard } from './ray-dashboard.js'

/** Lets a dashboard run its jobs in a folder. */
export function runJobsOf(dashboard: RayDashboard, folder: string): void {
  dashboard.onSubmit = (job) => void runJob(dashboard, job, join(folder, job.submission_id), join(folder, 'jobs'))
}

async function runJob(dashboard: RayDashboard, job: FakeJob, working: string, jobs: string): Promise<void> {
  await unpack(dashboard.packages.get(job.packed)!, working)
  const entrypoint = job.entrypoint
    .replace(/^python /, 'exec python3 ')
    .replace(/ --ray --workers \S+ --gpus \S+ --wait \S+/, '')
  const env = { ...process.env, ...job.environment, ADAPTREC_JOBS: jobs }
  const child = spawn('sh', ['-c', entrypoint], { cwd: working, env })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      job.log += text
    })
  }
  child.once('close', (code) => {
    if (job.status === 'RUNNING') job.status = code === 0 ? 'SUCCEEDED' : 'FAILED'
  })
  const watched = setInterval(() => {
    if (job.status !== 'RUNNING') clearInterval(watched)
    if (job.status === 'STOPPED') child.kill('SIGTERM')
  }, 20)
}

async function unpack(bytes: Buffer, folder: string): Promise<void> {
  const zip: ZipFile = await promisify<Buffer, object, ZipFile>(fromBuffer)(bytes, { lazyEntries: true })
  await new Promise<void>((resolve, reject) => {
    zip.once('end', resolve).once('error', reject)
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, async (error, stream) => {
        if (error) return reject(error)
        const parts: Buffer[] = []
        for await (const part of stream) parts.push(part as Buffer)
        const path = join(folder, entry.fileName)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, Buffer.concat(parts))
        zip.readEntry()
      })
    })
    zip.readEntry()
  })
}
