// The published npm SDK of this system, pointed at the proxy: each call it can make that this version serves.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { HeadroomClient, compress, simulate } from "headroom-ai";
import { withHeadroom as withAnthropic } from "headroom-ai/anthropic";
import { withHeadroom as withOpenAI } from "headroom-ai/openai";
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Mock, Proxy, conversation, rows, shell } from "./harness.mjs";

let up, proxy, client;
before(async () => {
  up = await Mock.start();
  proxy = await Proxy.start(up.url);
  client = new HeadroomClient({ baseUrl: proxy.url, apiKey: "hr-key", providerApiKey: "sk-provider", retries: 0, fallback: false });
});
after(async () => {
  up?.stop();
  await proxy?.stop();
});
beforeEach(() => up.reset());

const bare = () => ({ baseUrl: proxy.url, retries: 0, fallback: false });

test("compress: smaller messages, numbers and hashes", async () => {
  const text = rows(300, "compress");
  const r = await client.compress(conversation(text), { model: "gpt-4o" });
  assert.equal(r.compressed, true);
  assert.equal(r.messages.length, 3);
  assert.ok(r.tokensSaved > 3000 && r.tokensSaved === r.tokensBefore - r.tokensAfter);
  assert.ok(Math.abs(r.compressionRatio - r.tokensAfter / r.tokensBefore) < 0.001);
  assert.ok(Array.isArray(r.transformsApplied) && r.transformsApplied.length > 0);
  assert.match(r.messages[2].content, /OOMKilled/);
  assert.ok(r.ccrHashes.length > 0 && r.ccrHashes.every((h) => /^[a-f0-9]{24}$/.test(h)));
  assert.equal((await up.requests()).length, 0);
});

test("compress: the function, with Anthropic's shape and unknown keys", async () => {
  const messages = [
    { role: "user", content: "What is wrong?", _mine: { a: 1 } },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "x" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: rows(300, "shape") }] },
  ];
  const r = await compress(messages, { ...bare(), model: "claude-test" });
  assert.equal(r.messages.length, 3);
  assert.ok(r.tokensSaved > 3000);
  assert.match(JSON.stringify(r.messages), /OOMKilled/);
});

test("compress: nothing to do, and a proxy that is gone", async () => {
  const short = [{ role: "user", content: "hi" }];
  const r = await client.compress(short, { model: "gpt-4o" });
  assert.deepEqual(r.messages, short);
  assert.equal(r.tokensSaved, 0);
  const lost = await compress(short, { baseUrl: "http://127.0.0.1:1", retries: 0, model: "gpt-4o" });
  assert.equal(lost.compressed, false);
});

test("simulate: what would happen, nothing stored", async () => {
  const entries = async () => (await client.getCCRStats()).store.entries;
  const before = await entries();
  const sim = await simulate(conversation(rows(300, "simulate")), { client, model: "gpt-4o" });
  assert.ok(sim.tokensSaved > 3000);
  assert.ok(Array.isArray(sim.transforms) && Array.isArray(sim.messagesOptimized));
  assert.equal(typeof sim.estimatedSavings, "string");
  assert.match(sim.stablePrefixHash, /^[0-9a-f]{16}$/);
  assert.equal(typeof sim.cacheAlignmentScore, "number");
  assert.equal(typeof sim.blockBreakdown, "object");
  assert.equal(typeof sim.wasteSignals, "object");
  assert.equal(await entries(), before);
  const chat = await client.chat.completions.simulate({ model: "gpt-4o", messages: conversation(rows(300, "simulate")) });
  assert.equal(chat.tokensSaved, sim.tokensSaved);
});

test("health and validateSetup", async () => {
  const h = await client.health();
  assert.equal(h.status, "healthy");
  assert.match(h.version, /^\d+\.\d+/);
  assert.deepEqual([typeof h.config.optimize, typeof h.config.cache, typeof h.config.rateLimit], ["boolean", "boolean", "boolean"]);
  const v = await client.validateSetup();
  assert.equal(v.valid, true, JSON.stringify(v));
});

test("retrieve: each hash gives its original", async () => {
  const text = rows(300, "retrieve");
  const r = await client.compress(conversation(text), { model: "gpt-4o" });
  for (const hash of r.ccrHashes) {
    const got = await client.retrieve(hash);
    assert.equal(got.originalContent, text);
    assert.equal(got.hash, hash);
    assert.ok(got.originalTokens > 1000 && typeof got.retrievalCount === "number");
    const asked = await client.retrieve(hash, { query: "why" });
    assert.equal(asked.hash, hash);
  }
  await assert.rejects(client.retrieve("0".repeat(24)), (e) => /not found|expired/i.test(e.message));
});

test("handleToolCall answers a model's call in both shapes", async () => {
  const text = rows(300, "tool call");
  const [hash] = (await client.compress(conversation(text), { model: "gpt-4o" })).ccrHashes;
  const a = await client.handleToolCall({ toolCall: { id: "toolu_1", name: "headroom_retrieve", input: { hash } }, provider: "anthropic" });
  assert.equal(a.success, true);
  assert.equal(a.toolResult.toolUseId, "toolu_1");
  assert.equal(a.data.originalContent, text);
  const o = await client.handleToolCall({ toolCall: { id: "call_1", type: "function", function: { name: "headroom_retrieve", arguments: JSON.stringify({ hash }) } }, provider: "openai" });
  assert.equal(o.toolResult.role, "tool");
  assert.equal(o.toolResult.toolCallId, "call_1");
});

test("statistics", async () => {
  await client.chat.completions.create({ model: "gpt-stats", messages: conversation(rows(300, "stats")), tools: [shell] });
  const s = await client.proxyStats();
  for (const key of ["requests", "tokens", "latency", "session", "recentRequests", "proxyInbound"]) assert.ok(key in s, key);
  assert.ok(s.requests.total >= 1 && s.session.tokensSavedTotal > 0);
  const sum = await client.getSummary();
  assert.ok(JSON.stringify(sum).length > 10);
  const m = await client.getMetrics({ limit: 5 });
  assert.ok(Array.isArray(m) && m.length >= 1 && m.length <= 5);
  assert.ok(await client.getStats());
  assert.match(await client.prometheusMetrics(), /headroom_requests_total \d+/);
  const ccr = await client.getCCRStats();
  assert.ok(ccr.store.entries >= 1 && Array.isArray(ccr.recentRetrievals));
  assert.ok(["cleared", "cache disabled"].includes((await client.clearCache()).status));
});

test("chat.completions.create, whole and streamed, goes through the proxy", async () => {
  await up.script({ text: "Hi there." }, { text: "one two three" });
  const c = await client.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content: "hi" }] });
  assert.equal(c.choices[0].message.content, "Hi there.");
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content: "hi" }], stream: true })) text += chunk.choices?.[0]?.delta?.content ?? "";
  assert.equal(text, "one two three");
  const [r] = await up.requests();
  assert.equal(r.header("authorization"), "Bearer sk-provider");
});

test("messages.create and messages.stream go through the proxy", async () => {
  await up.script({ text: "Hi there." }, { text: "one two three" });
  const m = await client.messages.create({ model: "claude-test", max_tokens: 9, messages: [{ role: "user", content: "hi" }] });
  assert.equal(m.content[0].text, "Hi there.");
  let text = "";
  for await (const e of await client.messages.stream({ model: "claude-test", max_tokens: 9, messages: [{ role: "user", content: "hi" }] })) text += e.delta?.text ?? "";
  assert.equal(text, "one two three");
  const [r] = await up.requests();
  assert.equal(r.header("x-api-key"), "sk-provider");
});

test("headroomMode per request: audit sends everything, nothing of ours reaches the provider", async () => {
  const messages = conversation(rows(300, "audit"));
  await client.chat.completions.create({ model: "gpt-4o", messages, tools: [shell], headroomMode: "audit" });
  await client.chat.completions.create({ model: "gpt-4o", messages, tools: [shell], headroomMode: "optimize" });
  const [audit, optimized] = await up.requests();
  assert.deepEqual(JSON.parse(audit.body).messages, messages);
  assert.ok(optimized.body.length < audit.body.length * 0.6);
  for (const r of [audit, optimized]) assert.ok(!r.headers.some(([k]) => k.toLowerCase().startsWith("x-headroom")));
});

test("wrapped clients compress before they call", async () => {
  const openai = withOpenAI(new OpenAI({ baseURL: `${up.url}/v1`, apiKey: "k", maxRetries: 0 }), bare());
  const large = conversation(rows(300, "wrapped"));
  await openai.chat.completions.create({ model: "gpt-4o", messages: large });
  const anthropic = withAnthropic(new Anthropic({ baseURL: up.url, apiKey: "k", maxRetries: 0 }), bare());
  await anthropic.messages.create({ model: "claude-test", max_tokens: 9, messages: [
    { role: "user", content: "What is wrong?" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "Bash", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: rows(300, "wrapped") }] }] });
  for (const r of await up.requests()) {
    assert.ok(r.body.length < JSON.stringify(large).length * 0.6, r.target);
    assert.match(r.body, /OOMKilled/);
  }
  assert.equal((await up.requests()).length, 2);
});
