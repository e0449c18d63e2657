package dev.memux.netty.crypto;

/**
 * Onto the packets of one direction, of all keys of a loop.
 *
 * @param headers what is authenticated only
 * @param inputs what is to be sealed or opened
 * @param outputs where it goes
 */
record PacketWindows(HeapWindow headers, HeapWindow inputs, HeapWindow outputs) {
  PacketWindows() {
    this(new HeapWindow(), new HeapWindow(), new HeapWindow());
  }
}
