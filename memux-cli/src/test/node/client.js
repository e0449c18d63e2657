// Connects to the WebSocket URL given, converses, and prints how the session was closed.

import "./peer.js";
import { WebSocket } from "ws";
import Session from "@moq/qmux";
import { Peer } from "./peer.js";

globalThis.WebSocket = WebSocket;
const [url, protocol] = process.argv.slice(2);
const session = new Session(url, { protocols: [protocol], versions: { [protocol]: "qmux-02" } });
await session.ready;
const peer = new Peer(session);
await peer.converse();
await peer.giveTurn();
const end = await session.closed;
await peer.check();
console.log(JSON.stringify(end));
