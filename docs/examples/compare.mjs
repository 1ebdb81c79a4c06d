// Ask several models at once and watch them answer.
//
//   node compare.mjs http://127.0.0.1:8000 "Explain CRDTs." simulator/swift simulator/sage
//
// The API key is read from KEY. Needs Node 22 and no package; Node 20 with --experimental-websocket.

const [url, prompt, ...models] = process.argv.slice(2);
const headers = { authorization: `Bearer ${process.env.KEY}`, "content-type": "application/json" };

async function ask(path, body) {
  const method = body ? "POST" : "GET";
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${said.code}: ${said.message}`);
  return said;
}

// Only what is new: a snapshot repeats what was shown before the connection was lost.
// Offsets count what `length` counts.
const texts = new Map();
function show(responseId, model, offset, chunk) {
  const known = texts.get(responseId) ?? "";
  const added = chunk.slice(known.length - offset);
  texts.set(responseId, known + added);
  if (added) console.log(`${model}: ${JSON.stringify(added)}`);
}

let position = {};
let over = false;

async function hear(said, sessionId) {
  if (said.type === "joined") {
    // What was missed follows, event by event: the position is still our own.
    if (said.recovered) return;
    position = { epoch: said.epoch, after: said.seq };
    // A large snapshot is not sent over the socket.
    const comparison = said.snapshot ?? (await ask(`/api/comparisons/${sessionId}`));
    for (const response of comparison.turns.at(-1).responses) {
      show(response.id, response.modelId, 0, response.text);
    }
    over = !["pending", "in_progress"].includes(comparison.status);
    return;
  }
  if (said.seq) position.after = said.seq;
  if (said.type === "model_chunk") show(said.responseId, said.modelId, said.offset, said.chunk);
  if (said.type === "comparison_complete" || said.type === "comparison_error") over = true;
  if (said.type === "session_closed") throw new Error(`put out of the room: ${said.reason}`);
  if (said.type === "error") throw new Error(`${said.code}: ${said.message}`);
}

// One socket, until the turn is over or the connection is lost. A WebSocket of this kind takes no headers,
// so the first command says who asks.
function watch(sessionId) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace("http", "ws") + "/ws");
    let order = Promise.resolve();
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "authenticate", id: 1, token: process.env.KEY }));
      socket.send(JSON.stringify({ type: "join_session", id: 2, sessionId, ...position }));
    };
    socket.onmessage = ({ data }) => {
      order = order.then(() => hear(JSON.parse(data), sessionId)).then(() => over && socket.close(), reject);
    };
    // A handshake that failed may be told by only one of these.
    socket.onclose = socket.onerror = () => order.then(resolve);
  });
}

const made = await ask("/api/comparisons", { prompt, modelIds: models, start: true });
for (let wait = 200; !over; wait = Math.min(2 * wait, 5000)) {
  await watch(made.sessionId);
  if (!over) await new Promise((done) => setTimeout(done, wait));
}
const comparison = await ask(`/api/comparisons/${made.sessionId}`);
for (const each of comparison.turns.at(-1).responses) {
  // null is "nobody knows" and never nothing.
  const times = `first after ${each.timeToFirstTokenMs} ms, ${each.responseTimeMs} ms`;
  console.log(`${each.modelId}: ${each.status}, ${each.cost} dollars, ${times}`);
}
console.log(`all: ${comparison.totalTokens} tokens, ${comparison.totalCost} dollars`);
