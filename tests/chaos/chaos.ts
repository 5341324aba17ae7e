// One chaos run: a mesh of real processes, a crowd of clients, faults by a schedule; then everything is healed, the
// clients catch up, and the checker says which promises held.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { secretKey } from '../../mesh/auth/token-key.ts';
import { check, type Violation } from './checker.ts';
import type { Progress } from './load/crowd.ts';
import { Load } from './load/load.ts';
import { account, planOf } from './load/plan.ts';
import { ChaosMesh } from './mesh/chaos-mesh.ts';
import { HeadChecks } from './mesh/head-checks.ts';
import { registerUsers } from './mesh/register-users.ts';
import { Nemesis } from './nemesis/nemesis.ts';
import { type Step, scheduleOf, type Targets, told } from './nemesis/schedule.ts';
import type { PlantName } from './plants/plants.ts';
import type { History } from './record.ts';

export type ChaosOptions = {
  readonly seed: number;
  /** How long clients act; healing and checking come on top. */
  readonly seconds: number;
  readonly clients: number;
  /** Between two actions of one client, on average. */
  readonly everyMs: number;
  /** Off: events travel over Links, also where this machine has Redis. */
  readonly redis: boolean;
  /** How many processes of each; two unless given. */
  readonly chats?: number;
  readonly edges?: number;
  readonly plant?: PlantName;
  /** How long to wait at the end until nobody misses anything; as long as a back-off and a head check unless given. */
  readonly settleMs?: number;
  /** Instead of what the seed says. */
  readonly steps?: readonly Step[];
  /** Data and logs stay there; without it they are in a temporary folder that goes away when all promises held. */
  readonly folder?: string;
  readonly say: (text: string) => void;
};

export type Verdict = {
  readonly history: History;
  readonly violations: readonly Violation[];
  /** Events travelled over Redis. */
  readonly redis: boolean;
  /** Of data and logs, where they are kept. */
  readonly folder: string;
};

const progressMs = 5_000;
const settleMsDefault = 100_000;

export async function chaos(options: ChaosOptions): Promise<Verdict> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'circuit-chaos-')));
  const run = new Run(options, folder);
  const history = await historyOf(run);
  const violations = check(history);
  if (violations.length === 0 && options.folder === undefined) await rm(folder, { recursive: true, force: true });
  return { history, violations, redis: run.hasRedis, folder };
}

async function historyOf(run: Run): Promise<History> {
  try {
    return await run.history();
  } finally {
    await run.close();
  }
}

class Run {
  readonly #options: ChaosOptions;
  readonly #folder: string;
  readonly #load = new Load();
  readonly #deaths: { process: string; at: number }[] = [];
  #mesh: ChaosMesh | undefined;
  #heads: HeadChecks | undefined;
  #startedAt = 0;
  /** Nothing of a run outlives this process. */
  readonly #kill = () => this.#mesh?.kill();

  constructor(options: ChaosOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  get hasRedis(): boolean {
    return this.#mesh?.hasRedis ?? false;
  }

  async history(): Promise<History> {
    const { say, redis, plant, chats = 2, edges = 2 } = this.#options;
    const now = () => performance.timeOrigin + performance.now() - this.#startedAt;
    const onDeath = (process: string) => this.#deaths.push({ process, at: now() });
    const folder = this.#folder;
    const mesh = await ChaosMesh.open({
      folder,
      redis,
      chats,
      edges,
      onDeath,
      ...(plant === undefined ? {} : { plant }),
    });
    this.#mesh = mesh;
    process.once('exit', this.#kill);
    say(`${mesh.processes.size} processes and ${mesh.wires.size} wires are up; logs in ${folder}/logs`);
    await this.#gather(mesh);
    this.#startedAt = Date.now();
    await this.#load.start(this.#startedAt);
    this.#heads = new HeadChecks(() => mesh.adminUrls, now);
    const nemesis = new Nemesis({ mesh, now, say });
    const telling = this.#tellProgress();
    await Promise.all([nemesis.follow(this.#steps(mesh)), delay(this.#options.seconds * 1_000)]);
    clearInterval(telling);
    const actedMs = now();
    mesh.heal();
    say('everything is healed; the clients catch up');
    const { stalls, ...records } = await this.#load.finish();
    if (this.#heads.answers === 0) throw new Error('no edge told what its head checks found');
    return {
      ...records,
      actedMs,
      faults: [...nemesis.faults, ...stalls],
      foundByHeadChecks: this.#heads.found,
      deaths: this.#deaths,
    };
  }

  async close(): Promise<void> {
    this.#heads?.close();
    this.#load.close();
    await this.#mesh?.close();
    process.off('exit', this.#kill);
  }

  async #gather(mesh: ChaosMesh): Promise<void> {
    const { seed, clients, everyMs, say, settleMs = settleMsDefault } = this.#options;
    const { tokenSecret, urls: edges } = mesh;
    const issuer = openIssuer({ key: secretKey(tokenSecret), issuer: 'circuit', audience: 'circuit' });
    const token = await issuer.issueService({ kind: 'domain_server', key: 'chaos', accountKeys: [account] });
    const { users, rooms } = planOf(seed, clients);
    await registerUsers(mesh.grpc, token, account, users);
    await this.#load.open({ seed, clients, everyMs, edges, tokenSecret, settleMs });
    say(`${clients} clients of ${users.length} users in ${rooms.length} conversations are there`);
  }

  #steps(mesh: ChaosMesh): readonly Step[] {
    const { seed, seconds, steps, say } = this.#options;
    const planned = steps ?? scheduleOf({ seed, seconds, targets: targetsOf(mesh) });
    say(`the schedule of seed ${seed}:\n${planned.map(told).join('\n')}\n`);
    if (!mesh.canFillDisk) say('no disk is filled: this system has no prlimit');
    if (!mesh.hasRedis) say('without Redis: events travel over Links');
    return planned;
  }

  #tellProgress(): NodeJS.Timeout {
    const { say, clients } = this.#options;
    const line = ({ sent, acknowledged, seen, online, unsent }: Progress) =>
      `          ${sent} sent, ${acknowledged} acknowledged, ${seen} seen; ` +
      `${online} of ${clients} online, ${unsent} waiting`;
    return setInterval(() => {
      this.#load.progress().then(
        (progress) => say(line(progress)),
        () => {},
      );
    }, progressMs);
  }
}

function targetsOf({ processes, chats, edges, wires, canFillDisk }: ChaosMesh): Targets {
  return {
    processes: [...processes.keys()],
    clocks: [...chats, ...edges, 'store'],
    wires: [...wires.keys()].sort(),
    disk: canFillDisk,
  };
}
