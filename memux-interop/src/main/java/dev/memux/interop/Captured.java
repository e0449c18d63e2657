package dev.memux.interop;

import java.net.InetSocketAddress;

/**
 * A datagram as it came to the relay.
 *
 * @param number counts datagrams of either direction from 0
 * @param nanos when it came, since the relay began
 * @param client the client's address as the client knows it
 * @param front which of the relay's addresses the client spoke to, or is answered from
 * @param binding for one of the server's: the client's address as the server knows it
 * @param ecn the ECN codepoint of the IP header
 */
record Captured(
    int number,
    long nanos,
    boolean fromClient,
    InetSocketAddress client,
    InetSocketAddress front,
    InetSocketAddress binding,
    int ecn,
    byte[] payload) {}
