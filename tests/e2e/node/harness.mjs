// The mock provider (tests/mock/upstream.py) and the program under test, for node's tests.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const binary = process.env.HEADROOM_BIN ?? join(root, "build", "headroom");

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(condition, what, ms = 20000) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const value = await condition();
    if (value) return value;
    await sleep(20);
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

const freePort = () =>
  new Promise((done) => {
    const s = createServer();
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

export class Mock {
  static async start() {
    const m = new Mock();
    m.folder = mkdtempSync(join(tmpdir(), "headroom-mock-"));
    const file = join(m.folder, "port");
    m.process = spawn("python3", [join(root, "tests/mock/upstream.py"), "--port", "0", "--port-file", file], { stdio: "ignore" });
    await until(() => existsSync(file) && readFileSync(file, "utf8"), "the mock");
    m.url = `http://127.0.0.1:${readFileSync(file, "utf8")}`;
    return m;
  }
  async control(name, body) {
    const r = await fetch(`${this.url}/__mock/${name}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
    return r.json();
  }
  script(...steps) {
    return this.control("script", steps);
  }
  reset() {
    return this.control("reset", []);
  }
  async requests() {
    const all = await this.control("requests");
    for (const r of all) r.header = (name) => r.headers.find(([k]) => k.toLowerCase() === name)?.[1];
    return all;
  }
  stop() {
    this.process.kill("SIGINT");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Proxy {
  static async start(upstream, args = [], more = {}) {
    const p = new Proxy();
    p.home = mkdtempSync(join(tmpdir(), "headroom-node-"));
    p.port = await freePort();
    p.url = `http://127.0.0.1:${p.port}`;
    const kept = Object.entries(process.env).filter(([k]) => k.endsWith("SAN_OPTIONS"));
    const env = { ...Object.fromEntries(kept), PATH: process.env.PATH, HOME: p.home, ANTHROPIC_TARGET_API_URL: upstream, OPENAI_TARGET_API_URL: upstream, ...more };
    p.said = "";
    p.process = spawn(binary, ["proxy", "--port", String(p.port), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const out of [p.process.stdout, p.process.stderr]) out.on("data", (d) => (p.said += d));
    p.ended = new Promise((done) => p.process.on("close", done));
    await until(async () => p.process.exitCode !== null || (await fetch(`${p.url}/readyz`).catch(() => null))?.ok, "the proxy");
    assert.equal(p.process.exitCode, null, p.said);
    return p;
  }
  /** Ends the program; what sanitizers found fails the test. */
  async stop() {
    this.process.kill("SIGTERM");
    const code = await this.ended;
    rmSync(this.home, { recursive: true, force: true });
    assert.doesNotMatch(this.said, /Sanitizer|runtime error:/);
    assert.equal(code, 0, this.said);
  }
}

/** An array of records as a tool prints it; one of them failed. */
export function rows(n, seed = "rows") {
  const out = [];
  for (let i = 0; i < n; i++) {
    const x = (i * 2654435761 + seed.length * 97) >>> 0;
    out.push({ id: 1000 + i, name: `${seed}-${x.toString(16).padStart(8, "0")}`, region: x % 3 ? "eu-west-1" : "us-east-1", status: "running", restarts: 0, cpu: (x % 997) / 100 });
  }
  Object.assign(out[n >> 1], { status: "CrashLoopBackOff", restarts: 17, error: "OOMKilled: memory limit 512Mi exceeded" });
  return JSON.stringify(out, null, 2);
}

export const question = "What is wrong?";

/** OpenAI-shaped: the model has run one command. */
export const conversation = (text) => [
  { role: "user", content: question },
  { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "shell", arguments: "{}" } }] },
  { role: "tool", tool_call_id: "call_1", content: text },
];

export const shell = { type: "function", function: { name: "shell", description: "Runs a command.", parameters: { type: "object", properties: { command: { type: "string" } } } } };
