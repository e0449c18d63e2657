package dev.memux.netty.crypto;

import dev.memux.engine.packet.PacketProtection;

/** A native library that protects packets. */
public interface CipherLibrary {
  /** With its version, for people. */
  String name();

  /** For the keys of one event loop, which share some memory, and so must not cross threads. */
  PacketProtection newProtection();

  /** The keys of this process that have not been closed: its native memory in use. */
  static long openKeys() {
    return NativeHandle.open();
  }
}
