// The official npm clients of Anthropic and OpenAI, pointed at the proxy.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Mock, Proxy, conversation, question, rows, shell, until } from "./harness.mjs";

let up, proxy, claude, gpt;
before(async () => {
  up = await Mock.start();
  proxy = await Proxy.start(up.url);
  claude = new Anthropic({ baseURL: proxy.url, apiKey: "sk-ant-node", maxRetries: 0, timeout: 20000 });
  gpt = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: "sk-node", maxRetries: 0, timeout: 20000 });
});
after(async () => {
  up?.stop();
  await proxy?.stop();
});
beforeEach(() => up.reset());

const hello = [{ role: "user", content: "hello" }];
const bash = { name: "Bash", description: "Runs a command.", input_schema: { type: "object", properties: { command: { type: "string" } } } };
const said = (text) => [
  { role: "user", content: question },
  { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "x" } }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: text }] },
];

test("anthropic: a message", async () => {
  await up.script({ text: "Hi there." });
  const m = await claude.messages.create({ model: "m", max_tokens: 9, messages: hello });
  assert.equal(m.content[0].text, "Hi there.");
  const [r] = await up.requests();
  assert.equal(r.target.split("?")[0], "/v1/messages");
  assert.deepEqual(JSON.parse(r.body).messages, hello);
});

test("anthropic: a stream", async () => {
  await up.script({ text: "one two three four" });
  const pieces = [];
  const stream = claude.messages.stream({ model: "m", max_tokens: 9, messages: hello }).on("text", (t) => pieces.push(t));
  const m = await stream.finalMessage();
  assert.equal(pieces.join(""), "one two three four");
  assert.equal(m.usage.output_tokens, 4);
});

test("anthropic: tool use, streamed and not", async () => {
  for (const stream of [false, true]) {
    await up.script({ text: "Looking.", calls: [{ name: "Bash", input: { command: "ls -la" } }] });
    const ask = { model: "m", max_tokens: 9, tools: [bash], messages: hello };
    const m = stream ? await claude.messages.stream(ask).finalMessage() : await claude.messages.create(ask);
    assert.deepEqual(m.content.at(-1).input, { command: "ls -la" });
    assert.equal(m.stop_reason, "tool_use");
  }
});

test("anthropic: a large result is sent smaller", async () => {
  const ask = { model: "m", max_tokens: 9, tools: [bash], messages: said(rows(200, "claude")) };
  const { response } = await claude.messages.create(ask).withResponse();
  const [r] = await up.requests();
  assert.ok(r.body.length < JSON.stringify(ask).length * 0.6);
  assert.ok(Number(response.headers.get("x-headroom-tokens-saved")) > 1000);
  assert.match(r.body, /OOMKilled/);
});

test("anthropic: counting is the provider's, of what was sent", async () => {
  const messages = said(rows(200, "count"));
  const n = await claude.messages.countTokens({ model: "m", messages });
  const [r] = await up.requests();
  assert.deepEqual(JSON.parse(r.body).messages, messages);
  assert.equal(n.input_tokens, Math.floor(r.body.length / 4));
});

test("anthropic: errors keep status and type", async () => {
  for (const [status, kind] of [[400, Anthropic.BadRequestError], [401, Anthropic.AuthenticationError], [404, Anthropic.NotFoundError], [500, Anthropic.InternalServerError]]) {
    await up.script({ status });
    await assert.rejects(claude.messages.create({ model: "m", max_tokens: 9, messages: hello }), (e) => e instanceof kind && e.status === status && e.error.type === "error");
  }
  await up.script({ status: 429, headers: { "retry-after": "90" } });
  await assert.rejects(claude.messages.create({ model: "m", max_tokens: 9, messages: hello }), (e) => e instanceof Anthropic.RateLimitError && e.headers.get("retry-after") === "90");
});

test("anthropic: a cut stream is an error, not a short answer", async () => {
  await up.script({ tokens: 30, cut: 6, delay: 1 });
  await assert.rejects(claude.messages.stream({ model: "m", max_tokens: 9, messages: hello }).finalMessage());
});

test("anthropic: leaving a stream cancels the provider", async () => {
  await up.script({ tokens: 3000, delay: 10 });
  for await (const e of await claude.messages.create({ model: "m", max_tokens: 9, messages: hello, stream: true })) {
    if (e.type === "content_block_delta") break;
  }
  await until(async () => (await up.requests())[0].aborted, "the provider being told");
});

test("openai: chat, whole and streamed", async () => {
  await up.script({ text: "Hi there." }, { text: "one two three" });
  const c = await gpt.chat.completions.create({ model: "m", messages: hello });
  assert.equal(c.choices[0].message.content, "Hi there.");
  let text = "", usage;
  for await (const chunk of await gpt.chat.completions.create({ model: "m", messages: hello, stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, "one two three");
  assert.equal(usage.completion_tokens, 3);
});

test("openai: tool calls, streamed and not", async () => {
  for (const stream of [false, true]) {
    await up.script({ calls: [{ name: "shell", input: { command: "ls" } }] });
    const ask = { model: "m", messages: hello, tools: [shell] };
    const c = stream ? await gpt.chat.completions.stream(ask).finalChatCompletion() : await gpt.chat.completions.create(ask);
    assert.deepEqual(JSON.parse(c.choices[0].message.tool_calls[0].function.arguments), { command: "ls" });
    assert.equal(c.choices[0].finish_reason, "tool_calls");
  }
});

test("openai: a large result is sent smaller", async () => {
  const ask = { model: "gpt-4o", messages: conversation(rows(200, "chat")), tools: [shell] };
  const { response } = await gpt.chat.completions.create(ask).withResponse();
  const [r] = await up.requests();
  assert.ok(r.body.length < JSON.stringify(ask).length * 0.6);
  assert.ok(Number(response.headers.get("x-headroom-tokens-saved")) > 1000);
});

test("openai: responses, whole and streamed", async () => {
  await up.script({ text: "Hi there." }, { text: "one two three" });
  assert.equal((await gpt.responses.create({ model: "m", input: "x" })).output_text, "Hi there.");
  const kinds = [];
  let text = "";
  for await (const e of await gpt.responses.create({ model: "m", input: "x", stream: true })) {
    kinds.push(e.type);
    if (e.type === "response.output_text.delta") text += e.delta;
  }
  assert.equal(text, "one two three");
  assert.equal(kinds[0], "response.created");
  assert.equal(kinds.at(-1), "response.completed");
});

test("openai: models and errors", async () => {
  assert.equal((await gpt.models.list()).data[0].id, "mock-model");
  for (const status of [400, 401, 500]) {
    await up.script({ status });
    await assert.rejects(gpt.chat.completions.create({ model: "m", messages: hello }), (e) => e.status === status && /told to fail/.test(e.message));
  }
});

test("twenty streams at once do not mix", async () => {
  const one = async (i) => (await claude.messages.stream({ model: `m-mock:tokens=${i + 1},delay=3`, max_tokens: 9, system: "the same", messages: hello }).finalMessage()).content[0].text;
  const texts = await Promise.all(Array.from({ length: 20 }, (_, i) => one(i)));
  texts.forEach((t, i) => assert.equal(t.split(" ").length, i + 1));
});
