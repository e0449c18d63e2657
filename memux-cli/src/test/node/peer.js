// One end of a conversation about streams, on any WebTransport session; QmuxConversation is the same in Java.
//
// Each end opens its own streams and answers the other's. The first byte of a bidirectional stream says what is wanted:
//   E  the rest sent back
//   R  the answer reset, with RESET_CODE
//   A  an "a", and then the code that the opener's direction is reset with, as text
//   S  the opener's direction stopped, with STOP_CODE
//   W  an answer of 10,000 bytes that does not end until it is stopped; the code is told on a unidirectional stream
// and of a unidirectional one:
//   V  a seed of four bytes, then content(seed, size(seed))
//   T  text: the code that a W was stopped with
//   G  nothing: it is the listener's turn to open streams. One end at a time: both would fill the
//      connection's window with what is to be sent back, and wait for each other for ever
//   C  nothing: the session shall be closed, with CLOSE_CODE
// A datagram that begins with a P is sent back beginning with a Q.

export const STREAMS = 100;
const RESET_CODE = 7001;
const STOP_CODE = 7002;
const PING = 0x50;
const PONG = 0x51;
const CLOSE_CODE = 42;
const CLOSE_REASON = "that is all";

// Node 18 and 20 do not have it yet, and the polyfill wants it.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

export function size(seed) {
  return seed % 25 === 24 ? 1_000_000 : (seed * 977) % 40_000;
}

export function content(seed, length) {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

const letter = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);

function concatenated(chunks) {
  const all = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

async function readAll(readable) {
  const chunks = [];
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
  }
  return concatenated(chunks);
}

function require(holds, what) {
  if (!holds) throw new Error(what);
}

function requireEqual(actual, expected, what) {
  require(actual.length === expected.length, `${what}: ${actual.length} bytes, not ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    require(actual[i] === expected[i], `${what}: byte ${i} differs`);
  }
}

/** The code that a promise fails with, as WebTransport tells it. */
async function codeOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error.streamErrorCode ?? String(error);
  }
  return "no error";
}

export class Peer {
  #session;
  #told = [];
  #pongs = [];
  #late = false;
  #isOurTurn = false;
  #waiting = [];
  #seeds = new Set();
  #failures = [];

  constructor(session) {
    this.#session = session;
    this.#acceptAll(session.incomingBidirectionalStreams, (stream) => this.#answer(stream));
    this.#acceptAll(session.incomingUnidirectionalStreams, (stream) => this.#listen(stream));
    this.#echoDatagrams();
  }

  /** Fails if something went wrong with the other end's streams, or some are missing. */
  async check() {
    await this.#until(() => this.#failures.length > 0 || this.#seeds.size === STREAMS);
    require(this.#failures.length === 0, this.#failures.join("\n"));
  }

  async #acceptAll(streams, handle) {
    try {
      const reader = streams.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        handle(next.value).catch((error) => this.#fail(error));
      }
    } catch {
      // The session is over: `closed` says how.
    }
  }

  #fail(error) {
    this.#failures.push(String(error?.stack ?? error));
    this.#wake();
  }

  async #echoDatagrams() {
    try {
      const reader = this.#session.datagrams.readable.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        const datagram = next.value;
        if (datagram[0] === PING) {
          const writer = this.#session.datagrams.writable.getWriter();
          await writer.write(new Uint8Array([PONG, ...datagram.subarray(1)]));
          writer.releaseLock();
        } else {
          this.#pongs.push(datagram);
          this.#wake();
        }
      }
    } catch {
      // The session is over: `closed` says how.
    }
  }

  async #answer({ readable, writable }) {
    const reader = readable.getReader();
    const writer = writable.getWriter();
    const { value } = await reader.read();
    const first = value.subarray(1);
    switch (text(value.subarray(0, 1))) {
      case "E":
        if (first.length > 0) await writer.write(first);
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          await writer.write(next.value);
        }
        await writer.close();
        break;
      case "R":
        await writer.abort({ streamErrorCode: RESET_CODE });
        break;
      case "A":
        await writer.write(letter("a"));
        await writer.write(letter(String(await codeOf(reader.read()))));
        await writer.close();
        break;
      case "S":
        await reader.cancel({ streamErrorCode: STOP_CODE });
        await writer.close();
        break;
      case "W":
        await writer.write(new Uint8Array(10_000));
        await this.#send(`T${await codeOf(writer.closed)}`);
        break;
      default:
        throw new Error(`what is ${value[0]}?`);
    }
  }

  async #send(string) {
    const writer = (await this.#session.createUnidirectionalStream()).getWriter();
    await writer.write(letter(string));
    await writer.close();
  }

  async #listen(readable) {
    const bytes = await readAll(readable);
    switch (text(bytes.subarray(0, 1))) {
      case "V": {
        const seed = new DataView(bytes.buffer).getUint32(1);
        requireEqual(bytes.subarray(5), content(seed, size(seed)), `unidirectional ${seed}`);
        this.#seeds.add(seed);
        break;
      }
      case "T":
        this.#told.push(text(bytes.subarray(1)));
        break;
      case "G":
        this.#isOurTurn = true;
        break;
      case "C":
        this.#session.close({ closeCode: CLOSE_CODE, reason: CLOSE_REASON });
        break;
      default:
        throw new Error(`what is ${bytes[0]}?`);
    }
    this.#wake();
  }

  #wake(late = false) {
    this.#late = late;
    this.#waiting.splice(0).forEach((wake) => wake());
  }

  async #until(condition) {
    while (!condition()) {
      await new Promise((wake) => this.#waiting.push(wake));
    }
  }

  /** Waits until the other end has tried everything. */
  async awaitTurn() {
    await this.#until(() => this.#isOurTurn);
  }

  async giveTurn() {
    await this.#send("G");
  }

  /** Everything this end has to try; fails if something is not as it should be. */
  async converse() {
    const seeds = Array.from({ length: STREAMS }, (_, i) => i);
    await Promise.all(seeds.map((seed) => this.#echo(seed)));
    await Promise.all(seeds.map((seed) => this.#tell(seed)));
    await this.#giveUp();
    await this.#datagrams();
  }

  async #echo(seed) {
    const { readable, writable } = await this.#session.createBidirectionalStream();
    const sent = content(seed, size(seed));
    const answer = readAll(readable);
    const writer = writable.getWriter();
    await writer.write(letter("E"));
    await writer.write(sent);
    await writer.close();
    requireEqual(await answer, sent, `echo ${seed}`);
  }

  async #tell(seed) {
    const head = new Uint8Array(5);
    head[0] = "V".charCodeAt(0);
    new DataView(head.buffer).setUint32(1, seed);
    const writer = (await this.#session.createUnidirectionalStream()).getWriter();
    await writer.write(head);
    await writer.write(content(seed, size(seed)));
    await writer.close();
  }

  async #begin(command) {
    const { readable, writable } = await this.#session.createBidirectionalStream();
    const writer = writable.getWriter();
    await writer.write(letter(command));
    return { readable, writer };
  }

  /** Resets and STOP_SENDING, by either end. */
  async #giveUp() {
    const reset = await this.#begin("R");
    const resetCode = await codeOf(readAll(reset.readable));
    require(resetCode === RESET_CODE, `reset with ${resetCode}`);
    await reset.writer.close();

    const aborted = await this.#begin("A");
    const answer = aborted.readable.getReader();
    await answer.read(); // a reset may overtake what was sent before it
    await aborted.writer.abort({ streamErrorCode: 7003 });
    answer.releaseLock();
    const heard = text(await readAll(aborted.readable));
    require(heard === "7003", `the other end saw a reset with ${heard}`);

    const stopped = await this.#begin("S");
    const stopCode = await codeOf(stopped.writer.closed);
    require(stopCode === STOP_CODE, `stopped with ${stopCode}`);
    await readAll(stopped.readable);

    const endless = await this.#begin("W");
    await endless.writer.close();
    const reader = endless.readable.getReader();
    await reader.read();
    await reader.cancel({ streamErrorCode: 7004 });
    await this.#until(() => this.#told.length > 0);
    const told = this.#told[0];
    require(told === "7004", `the other end was stopped with ${told}`);
  }

  /** One after the other: who is busy may drop one, and is asked again. */
  async #datagrams() {
    const { datagrams } = this.#session;
    for (const length of [1, 2, 100, 1200, datagrams.maxDatagramSize]) {
      const sent = content(length, length);
      sent[0] = PING;
      do {
        this.#pongs = [];
        const writer = datagrams.writable.getWriter();
        await writer.write(sent);
        writer.releaseLock();
        const retry = setTimeout(() => this.#wake(true), 1000);
        this.#late = false;
        await this.#until(() => this.#late || this.#pongs.length > 0);
        clearTimeout(retry);
      } while (this.#pongs.length === 0);
      sent[0] = PONG;
      requireEqual(this.#pongs[0], sent, `datagram of ${length} bytes`);
    }
  }
}
