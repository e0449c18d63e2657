// Accepts one WebSocket on the loopback interface, converses, and prints how the session was closed.

import "./peer.js";
import { WebSocketServer } from "ws";
import Session, { selectSubprotocol } from "@moq/qmux";
import { Peer } from "./peer.js";

const [protocol] = process.argv.slice(2);
const protocols = { protocols: [protocol], versions: { [protocol]: "qmux-02" }, requireProtocol: true };
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  handleProtocols: (offered) => selectSubprotocol([...offered], protocols) ?? false,
});
server.on("listening", () => console.log(server.address().port));
server.on("connection", async (socket) => {
  const session = Session.accept(socket);
  await session.ready;
  const peer = new Peer(session);
  await peer.awaitTurn();
  await peer.check();
  await peer.converse();
  await peer.giveTurn();
  console.log(JSON.stringify(await session.closed));
  server.close();
});
